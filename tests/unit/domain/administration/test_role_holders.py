"""Which credentials hold a role, and why it is not in force for some."""

from __future__ import annotations

import pytest

from pharia_access.domain.administration.role_holders import holders_of, why_not_in_force
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.permissions import Role


def role(*allowed: str, valid: bool = True) -> RoleSummary:
    granted = Role("reader", frozenset(allowed), ()) if valid else None
    return RoleSummary("reader", "", "", allowed, granted)


def credential(
    name: str = "bot", *, roles: tuple[str, ...] = ("reader",), suspended: bool = False, deleting: bool = False
) -> CredentialSummary:
    return CredentialSummary(ObjectKey("finance", name), name, None, roles, suspended=suspended, deleting=deleting)


@pytest.mark.parametrize(
    ("held", "holder", "why"),
    [
        pytest.param(role("*"), credential(), "", id="everywhere"),
        pytest.param(role("finance", "hr"), credential(), "", id="here too"),
        pytest.param(role("hr"), credential(), "not allowed in finance", id="elsewhere only"),
        pytest.param(role(), credential(), "not allowed in finance", id="nowhere"),
        pytest.param(role("*", valid=False), credential(), "the role is invalid", id="what nobody understands"),
        pytest.param(role("*"), credential(suspended=True), "suspended", id="suspended"),
        pytest.param(role("*"), credential(suspended=True, deleting=True), "being deleted", id="being deleted"),
        pytest.param(role("hr"), credential(suspended=True), "not allowed in finance", id="what lasts longer first"),
    ],
)
def test_a_role_is_in_force_or_it_is_said_why_not(held: RoleSummary, holder: CredentialSummary, why: str) -> None:
    assert why_not_in_force(held, holder) == why


def test_only_who_names_it_holds_it() -> None:
    found = holders_of(role("*"), [credential("b"), credential("a"), credential("c", roles=("other",))])

    assert [holder.credential.key.name for holder in found] == ["a", "b"]
