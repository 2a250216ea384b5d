"""Users as data: who attacks, and with which rights. What follows from the rights is worked out here, never listed.

`tests/integration/test_attacks.py` compares it with what the API server itself says of each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from tools.control_plane.api import OPERATOR, rule

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BINDABLE",
    "BOSS",
    "ELSEWHERE",
    "GROUP",
    "PEOPLE",
    "READER",
    "WEAK",
    "Person",
    "allowed",
    "person",
]

Json = dict[str, Any]

GROUP: Final = "access.pharia.ai"
READER: Final = "attack-reader"
"""The role that everybody's credentials hold."""
BOSS: Final = "attack-boss"
"""The role that the victims' credentials hold, and that no attacker may bind, but for one with every right."""
BINDABLE: Final = "attack-bindable"
"""The one role that some attackers may bind."""
ELSEWHERE: Final = "attack-elsewhere"
"""A role that no namespace of an attack may hold, whoever binds it."""
WEAK: Final = "weak"
"""The credential under which some attackers may mint."""

_EDITS: Final = ("create", "get", "list", "update", "patch", "delete", "deletecollection")
_LOOKS: Final = ("get", "list", "watch")
_TOKENS: Final = rule(GROUP, "apitokens", *_EDITS)
_CREDENTIALS: Final = rule(GROUP, "apicredentials", *_EDITS)
_SECRETS: Final = rule("", "secrets", *_EDITS)
_WORKLOADS: Final = rule(GROUP, "workloadtokens", *_EDITS)
_EDIT: Final = (_TOKENS, _CREDENTIALS, _WORKLOADS, _SECRETS)
"""What Kubernetes' own role `edit` gives, with the chart's defaults."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with just these rights in the namespace that is attacked.

    Attributes:
        rules: of a Role there, as Kubernetes writes them.
        lost: rights that they had while the namespace was furnished, and have no more.
        at: where the rights hold: the attacked namespace, or only the one beside it.
    """

    name: str
    rules: tuple[Json, ...] = ()
    lost: tuple[Json, ...] = ()
    elsewhere: bool = False

    def may(self, verb: str, resource: str, *, name: str = "", group: str = GROUP) -> bool:
        """Whether they have a right in the attacked namespace; `resource` may name a subresource after a slash."""
        return not self.elsewhere and allowed(self.rules, verb, resource, name=name, group=group)

    def may_mint(self, credential: str) -> bool:
        """Whether they have the right to mint under it."""
        return self.may("create", "apicredentials/token", name=credential)

    def may_bind(self, role: str) -> bool:
        """Whether they may give a credential that role."""
        return self.may("bind", "apiroles", name=role)

    @property
    def user(self) -> str:
        """The name that the API server knows them by."""
        return OPERATOR if self.name == "operator" else self.name

    @property
    def reads_secrets(self) -> bool:
        """Whether a one-time Secret is theirs to read: by get, or by what a write of it answers."""
        return any(self.may(verb, "secrets", group="") for verb in (*_LOOKS, "update", "patch", "delete"))

    @property
    def role(self) -> str:
        """The name of the ClusterRole that holds their rights."""
        return f"attacks-{self.name}"


def allowed(rules: Iterable[Json], verb: str, resource: str, *, name: str = "", group: str = GROUP) -> bool:
    """What RBAC makes of these rules."""
    return any(
        _among(verb, rule["verbs"])
        and _among(group, rule["apiGroups"])
        and _among(resource, rule["resources"])
        and (not rule.get("resourceNames") or name in rule["resourceNames"])
        for rule in rules
    )


def _among(wanted: str, given: Iterable[str]) -> bool:
    return any(one in {"*", wanted} for one in given)


def person(name: str) -> Person:
    """One of PEOPLE, or `operator`: who has stolen the operator's token, and whose rights are the chart's."""
    return _BY_NAME[name]


_MINTER: Final = Person(
    "minter",
    (
        *_EDIT,
        rule(GROUP, "apicredentials/token", "create", names=[WEAK]),
        rule(GROUP, "apiroles", "bind", names=[BINDABLE]),
    ),
)

PEOPLE: Final[tuple[Person, ...]] = (
    Person("nobody"),
    Person("viewer", (rule(GROUP, "apitokens", *_LOOKS), rule(GROUP, "apicredentials", *_LOOKS))),
    Person("token-updater", (rule(GROUP, "apitokens", "get", "list", "update", "patch"),)),
    Person("token-maker", (rule(GROUP, "apitokens", "get", "create", "update", "patch", "delete"),)),
    Person("secret-reader", (rule("", "secrets", "get", "list"),)),
    Person("editor", _EDIT),
    _MINTER,
    replace(_MINTER, name="elsewhere", elsewhere=True),
    Person(
        "status-writer",
        (
            rule(GROUP, "apitokens", *_EDITS),
            rule(GROUP, "apitokens/status", "get", "update", "patch"),
            rule(GROUP, "apicredentials/status", "get", "update", "patch"),
        ),
    ),
    Person("lapsed", _EDIT, lost=(rule(GROUP, "apicredentials/token", "create"),)),
    Person("unbound", _EDIT, lost=(rule(GROUP, "apiroles", "bind"),)),
    Person("owner", (rule("*", "*", "*"),)),
)
"""Everybody who attacks. `owner` has every right in the namespace: `allowedNamespaces` must hold against them."""

_BY_NAME: Final = {one.name: one for one in (*PEOPLE, Person("operator"))}
