"""Who takes part in the model of who may let a mint go: users as data, each with just some rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tests.attacks.attackers import GROUP, allowed
from tools.control_plane.api import OPERATOR, rule

__all__ = ["BOSS", "LAPSED", "LAPSING", "MINT", "PEOPLE", "READER", "Person", "person"]

Json = dict[str, Any]

READER: Final = "mint-model-reader"
BOSS: Final = "mint-model-boss"
"""A role that nobody may bind but who may do everything."""

_EDITS: Final = ("create", "get", "list", "update", "patch", "delete")
_TOKENS: Final = rule(GROUP, "apitokens", *_EDITS)
_EDIT: Final = (
    _TOKENS,
    rule(GROUP, "apicredentials", *_EDITS),
    rule(GROUP, "workloadtokens", *_EDITS),
    rule("", "secrets", *_EDITS),
)
MINT: Final = rule(GROUP, "apicredentials/token", "create")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with just these rights."""

    name: str
    rules: tuple[Json, ...] = ()

    def may(self, verb: str, resource: str, *, name: str = "", group: str = GROUP) -> bool:
        """What RBAC makes of their rights; `resource` may name a subresource after a slash."""
        return allowed(self.rules, verb, resource, name=name, group=group)

    def may_mint(self, credential: str) -> bool:
        """Whether they may ask for a token under it."""
        return self.may("create", "apicredentials/token", name=credential)

    @property
    def user(self) -> str:
        """The name that the API server knows them by; two of PEOPLE are one user at different times."""
        return OPERATOR if self.name == "operator" else "mint-model-" + self.name.replace(LAPSED, LAPSING)


LAPSING: Final = "lapsing"
"""Has the right to mint for now."""
LAPSED: Final = "lapsed"
"""The same user after it was taken away."""

PEOPLE: Final[tuple[Person, ...]] = (
    Person("nobody"),
    Person("reader", (rule(GROUP, "apitokens", "get", "list"), rule(GROUP, "apicredentials", "get", "list"))),
    Person("updater", (rule(GROUP, "apitokens", "get", "update", "patch"),)),
    Person("keeper", (rule(GROUP, "apicredentials", *_EDITS),)),
    Person("editor", _EDIT),
    Person("status-writer", (*_EDIT, rule(GROUP, "*/status", "update", "patch"))),
    Person("minter-of-one", (*_EDIT, rule(GROUP, "apicredentials/token", "create", names=["one"]))),
    Person("minter", (*_EDIT, MINT)),
    Person("owner", (rule("*", "*", "*"),)),
    Person(LAPSING, (*_EDIT, MINT)),
    Person(LAPSED, _EDIT),
    Person(
        "operator",
        (
            rule(GROUP, "apitokens", "get", "list", "watch", "patch", "delete"),
            rule(GROUP, "apicredentials", "get", "list", "watch"),
            rule(GROUP, "workloadtokens", "get", "list", "watch"),
            rule(GROUP, "apitokens/status", "patch"),
            rule(GROUP, "workloadtokens/status", "patch"),
            rule("", "secrets", "create", "update", "delete"),
        ),
    ),
)
"""`operator` is who has stolen its token: the rights are the chart's."""

_BY_NAME: Final = {one.name: one for one in PEOPLE}


def person(name: str) -> Person:
    """One of PEOPLE."""
    return _BY_NAME[name]
