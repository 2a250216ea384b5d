"""What was tried and held: after roles, tokens, longer lives, and what is not theirs to write."""

from __future__ import annotations

from typing import Final

from tests.attacks.attackers import BINDABLE, BOSS, ELSEWHERE, READER, WEAK
from tests.attacks.moves import ABSENT, In, Move, Target, Verb
from tests.attacks.sequence import MARK, WRITES, Directed, credential_of, one, spec, token
from tools.control_plane.resources import ONE_TIME_TOKEN, WORKLOAD_TOKEN

__all__ = ["OTHERS", "ROLES", "TOKENS"]

_BOTH: Final = [READER, BOSS]
_WEAK: Final = credential_of(WEAK)
_NEW: Final = Move(Verb.CREATE, credential_of("new"), ("spec", "roles"), [BOSS])
_OWN: Final = token("own")
_MOVED: Final = ("spec", "credentialRef", "name")
_FORGED: Final = Target("Secret", "new")
_WORKLOAD: Final = Target("WorkloadToken", "new")
_WRITTEN: Final = Move(Verb.MERGE, token("waiting"), ("status", "phase"), "Active", "status")
_DB: Final = Target("Secret", "db")

ROLES: Final[tuple[Directed, ...]] = (
    *(one(f"a second role, {verb}", "minter", spec(verb, _WEAK, "roles", _BOTH), goal="a role") for verb in WRITES),
    one("a role by a merge", "editor", spec(Verb.MERGE, _WEAK, "roles", _BOTH), goal="a role", guard="bind-roles"),
    one("a role on a new credential", "minter", _NEW, goal="a role"),
    one("a role that no namespace may hold", "owner", spec(Verb.MERGE, _WEAK, "roles", [ELSEWHERE]), goal="a role"),
    one(
        "a role taken away and put back",
        "unbound",
        spec(Verb.MERGE, _WEAK, "roles", [BINDABLE]),
        spec(Verb.MERGE, _WEAK, "roles", _BOTH),
        goal="a role",
    ),
    one(
        "a role of the catalog is opened",
        "owner",
        Move(Verb.MERGE, Target("ApiRole", ELSEWHERE), ("spec", "allowedNamespaces"), ["*"]),
        goal="a write beyond one's rights",
    ),
)
"""After more roles."""

TOKENS: Final[tuple[Directed, ...]] = (
    *(
        one(
            f"{who} asks for a token without the right, {verb}",
            who,
            Move(verb, token("new"), _MOVED, "strong"),
            goal="a live token",
        )
        for verb in (Verb.CREATE, Verb.APPLY)
        for who in ("token-maker", "editor", "lapsed", "minter")
    ),
    one(
        "a token is created without the right",
        "editor",
        Move(Verb.CREATE, token("new"), _MOVED, "strong"),
        goal="a live token",
        guard="mint-tokens",
    ),
    one(
        "a token that waits is moved",
        "minter",
        Move(Verb.CREATE, token("new"), MARK, "x"),
        Move(Verb.MERGE, token("new"), _MOVED, "strong"),
        Move(Verb.MERGE, token("new"), MARK, ABSENT),
        goal="a live token",
    ),
    *(one(f"a token is moved, {verb}", "editor", Move(verb, _OWN, _MOVED, "strong"), goal="a role") for verb in WRITES),
    one(
        "a revocation is taken back",
        "editor",
        spec(Verb.MERGE, token("revoked"), "revoked", ABSENT),
        goal="a dead token accepted",
    ),
    one(
        "a revocation is said to be none",
        "editor",
        spec(Verb.MERGE, token("revoked"), "revoked", value=False),
        goal="a dead token accepted",
        guard="revocation is permanent",
    ),
    one(
        "an end is postponed",
        "editor",
        spec(Verb.MERGE, token("expired"), "expiresAt", In(9)),
        goal="a dead token accepted",
        guard="expiresAt cannot be postponed",
    ),
    one(
        "an end is taken away",
        "editor",
        spec(Verb.MERGE, token("expired"), "expiresAt", ABSENT),
        goal="a dead token accepted",
        guard="expiresAt cannot be removed",
    ),
    one("a life is made longer", "editor", spec(Verb.MERGE, _OWN, "ttl", "8784h"), goal="a longer life"),
    one(
        "an end is brought forward, then postponed by way of a zone",
        "editor",
        spec(Verb.MERGE, _OWN, "expiresAt", "2099-01-01T00:00:00Z"),
        spec(Verb.MERGE, _OWN, "expiresAt", "2099-01-01T00:00:00-14:00"),
        goal="a longer life",
    ),
    one(
        "a credential is deleted, its tokens kept, and made again",
        "owner",
        Move(Verb.DELETE, credential_of("strong"), value="Orphan"),
        Move(Verb.CREATE, credential_of("strong")),
        goal="a dead token accepted",
    ),
)
"""After tokens, and longer lives."""

OTHERS: Final[tuple[Directed, ...]] = (
    one("a status is written", "status-writer", _WRITTEN, goal="a write beyond one's rights", guard="write-status"),
    one("every right, and a status", "owner", _WRITTEN, goal="a write beyond one's rights"),
    *(
        one(
            f"{who} makes a one-time Secret by hand, {verb}",
            who,
            Move(verb, _FORGED),
            goal="a forged delivery",
            guard=g,
        )
        for verb, who, g in (
            (Verb.CREATE, "editor", "reserve-one-time-secrets"),
            (Verb.CREATE, "owner", ""),
            (Verb.APPLY, "editor", ""),
        )
    ),
    one(
        "a WorkloadToken's Secret is made by hand",
        "editor",
        Move(Verb.CREATE, _FORGED, ("type",), WORKLOAD_TOKEN),
        goal="a forged delivery",
        guard="reserve-workload-secrets",
    ),
    one(
        "a WorkloadToken is to mint without the right",
        "editor",
        Move(Verb.CREATE, _WORKLOAD, ("spec", "credentialRef", "name"), "strong"),
        goal="a write beyond one's rights",
        guard="mint-workload-tokens",
    ),
    one(
        "a ServiceAccount is to hold a credential without the right",
        "editor",
        spec(Verb.MERGE, credential_of("strong"), "serviceAccounts", [{"name": "default"}]),
        goal="a write beyond one's rights",
        guard="hold-credentials",
    ),
    *(
        one(
            f"{who} lets a ServiceAccount hold another credential, {verb}",
            who,
            spec(verb, credential_of("strong"), "serviceAccounts", [{"name": "default"}]),
            goal="a write beyond one's rights",
        )
        for verb in WRITES
        for who in ("minter", "lapsed")
    ),
    *(
        one(
            f"{who} has a WorkloadToken mint under another credential, {verb}",
            who,
            Move(verb, _WORKLOAD, ("spec", "credentialRef", "name"), "strong"),
            goal="a write beyond one's rights",
        )
        for verb in (Verb.CREATE, Verb.APPLY)
        for who in ("minter", "lapsed")
    ),
    one(
        "a WorkloadToken is resumed",
        "editor",
        spec(Verb.MERGE, Target("WorkloadToken", "kept"), "suspended", value=False),
        goal="a live token",
    ),
    one(
        "a Secret becomes one",
        "editor",
        Move(Verb.MERGE, _DB, ("type",), ONE_TIME_TOKEN),
        goal="a forged delivery",
    ),
    one("Secrets are looked at", "token-maker", Move(Verb.LIST, _DB), Move(Verb.GET, _DB), goal="a text"),
    one(
        "a token that names somebody's Secret",
        "minter",
        Move(Verb.CREATE, token("new"), ("spec", "delivery", "secretName"), "db"),
        Move(Verb.GET, token("new")),
        goal="a text",
    ),
    one(
        "the operator's account looks at a Secret",
        "operator",
        Move(Verb.DELETE, _DB),
        goal="a write beyond one's rights",
        guard="restrain-operator-secrets",
    ),
    one(
        "the operator's account lets a restored token go",
        "operator",
        Move(Verb.MERGE, token("restored"), MARK, ABSENT),
        goal="a live token",
        guard="restrain-operator-resources",
    ),
)
"""After what is not theirs to write or to read."""
