"""All moves that there are: verbs x objects x fields x values, some thousands."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

from tests.attacks.attackers import BINDABLE, BOSS, ELSEWHERE, READER
from tests.attacks.moves import ABSENT, FINALIZER, RESTORED, In, Move, Path, Target, Verb
from tools.control_plane.resources import ONE_TIME_TOKEN, WORKLOAD_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FIELDS", "OBJECTS", "STATUS", "every_move"]

TRACKED: Final = "argocd.argoproj.io/tracking-id"
_NOBODY: Final = "00000000-0000-4000-8000-000000000000"
_HASH: Final = f"$argon2id$v=19$m=19456,t=2,p=1${'s' * 22}${'h' * 43}"

_METADATA: Final[tuple[tuple[Path, tuple[Any, ...]], ...]] = (
    (("metadata", "labels", RESTORED), (ABSENT, "x")),
    (("metadata", "labels", "kustomize.toolkit.fluxcd.io/name"), (ABSENT, "x")),
    (("metadata", "labels", "attacks.example/any"), ("x",)),
    (("metadata", "labels"), (ABSENT,)),
    (("metadata", "annotations", TRACKED), (ABSENT, "x")),
    (("metadata", "annotations", "attacks.example/any"), ("x",)),
    (("metadata", "finalizers"), (ABSENT, [], [FINALIZER], ["foregroundDeletion"], ["orphan"])),
    (
        ("metadata", "ownerReferences"),
        (
            ABSENT,
            [],
            [{"apiVersion": "v1", "kind": "Secret", "name": "nobody", "uid": _NOBODY}],
            [{"apiVersion": "access.pharia.ai/v1alpha1", "kind": "ApiCredential", "name": "strong", "uid": _NOBODY}],
        ),
    ),
)
_IDENTITY: Final = {"name": "strong", "uid": _NOBODY}

FIELDS: Final[dict[str, tuple[tuple[Path, tuple[Any, ...]], ...]]] = {
    "ApiToken": (
        *_METADATA,
        (("spec", "credentialRef", "name"), ("weak", "strong", "asleep", "missing", "")),
        (("spec", "ttl"), (ABSENT, "1s", "1h", "8784h", "9000h")),
        (
            ("spec", "expiresAt"),
            (ABSENT, In(2), In(24 * 80), In(-1), "2199-12-31T23:59:59Z", "2100-01-01T00:00:00+14:00"),
        ),
        (("spec", "revoked"), (True, False, ABSENT)),
        (("spec", "description"), ("x", ABSENT, "\x1b[2J")),
        (("spec", "delivery"), (ABSENT, {})),
        (("spec", "delivery", "secretName"), ("db", "own-token", "victims-token", "pharia-access-keyring")),
        (("spec", "delivery", "window"), ("1m", "24h", ABSENT)),
        (("spec",), (ABSENT,)),
        (("status",), (ABSENT, {"phase": "Pending"}, {"hash": _HASH, "tokenID": "q7c3abcdefghijkl"})),
    ),
    "ApiCredential": (
        *_METADATA,
        (("spec", "roles"), ([READER], [READER, BOSS], [READER, BINDABLE], [ELSEWHERE], [READER, BINDABLE, BOSS], [])),
        (("spec", "suspended"), (True, False, ABSENT)),
        (("spec", "description"), ("x", "\x1b]52;c;eA==\x07")),
        (("spec", "tokenPolicy", "maxTokens"), (1, 9, 0, ABSENT)),
        (("spec", "tokenPolicy", "maxTTL"), ("1s", "8784h", ABSENT)),
        (("spec", "tokenPolicy", "defaultTTL"), ("8784h", ABSENT)),
        (("spec", "tokenPolicy"), (ABSENT, {})),
        (("status",), (ABSENT, {"conditions": []})),
    ),
    "ApiRole": (
        (("spec", "allowedNamespaces"), (["*"], ["nowhere"])),
        (("spec", "permissions"), ([{"permission": "AccessKubernetes"}], ABSENT)),
    ),
    "WorkloadToken": (
        *_METADATA,
        (("spec", "credentialRef", "name"), ("weak", "strong", "missing")),
        (("spec", "rotate"), ("x", ABSENT)),
        (("spec", "ttl"), (ABSENT, "1h", "8784h")),
        (("spec", "renewBefore"), (ABSENT, "1s")),
        (("spec", "suspended"), (True, False, ABSENT)),
        (("spec", "secret", "name"), ("db", "own-token", "pharia-access-keyring")),
        (("status",), (ABSENT, {"revision": 9})),
    ),
    "Secret": (
        *_METADATA,
        (("type",), ("Opaque", ONE_TIME_TOKEN, WORKLOAD_TOKEN)),
        (("immutable",), (False, ABSENT)),
        (("data", "token"), ("eA==", ABSENT)),
    ),
}
"""Which values each field is given, by kind."""

STATUS: Final[tuple[tuple[Path, tuple[Any, ...]], ...]] = (
    (("status", "hash"), (_HASH,)),
    (("status", "tokenID"), ("q7c3abcdefghijkl",)),
    (("status", "expiresAt"), ("2199-12-31T23:59:59Z", ABSENT)),
    (("status", "credential"), (_IDENTITY, ABSENT)),
    (("status", "phase"), ("Pending", "Active")),
    (("status", "pendingSince"), (In(0), ABSENT)),
    (("status", "conditions"), ([],)),
    (("status", "delivery"), (ABSENT,)),
    (("metadata", "labels", RESTORED), (ABSENT,)),
    (("spec", "revoked"), (False,)),
)
"""The same for the subresource of an ApiToken; the last two must be dropped there."""

OBJECTS: Final = {
    "ApiToken": (
        *("own", "victims", "revoked", "expired", "leaving", "sleeper", "first", "lonely"),
        *("bomb", "restored", "waiting", "second", "early", "unread", "new"),
    ),
    "ApiCredential": ("weak", "strong", "asleep", "full", "spare", "missing", "new"),
    "ApiRole": (READER, BOSS, BINDABLE, ELSEWHERE, "attack-new"),
    "WorkloadToken": ("kept", "new"),
    "Secret": ("own-token", "victims-token", "first-token", "restored-token", "bomb-token", "db", "new"),
}
"""The names in a furnished namespace (tests/attacks/furnished_namespaces.py), and some that nothing has."""

_WRITES: Final = (Verb.REPLACE, Verb.MERGE, Verb.JSON, Verb.APPLY, Verb.CREATE)
_POLICIES: Final = ("Background", "Foreground", "Orphan")


def every_move() -> Iterator[Move]:
    """All of them: some thousands."""
    for kind, names in OBJECTS.items():
        yield Move(Verb.LIST, Target(kind, ""))
        yield Move(Verb.DELETE_ALL, Target(kind, ""))
        for name in names:
            yield from _about(Target(kind, name))


def _about(target: Target) -> Iterator[Move]:
    yield Move(Verb.GET, target)
    for policy in _POLICIES:
        yield Move(Verb.DELETE, target, value=policy)
    for field, values in FIELDS[target.kind]:
        for value, verb in itertools.product(values, _WRITES):
            yield Move(verb, target, field, value)
    if target.kind == "ApiToken":
        for field, values in STATUS:
            for value, verb in itertools.product(values, _WRITES[:-1]):
                yield Move(verb, target, field, value, "status")
