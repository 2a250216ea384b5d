"""What a change of roles comes to."""

from __future__ import annotations

import pytest

from pharia_access.domain.administration.role_changes import RoleChange, role_change, role_problems
from pharia_access.domain.permissions import Role
from tests.support.builders.domain_objects import a_role


@pytest.mark.parametrize(
    ("before", "after", "change", "text"),
    [
        pytest.param("ab", "abc", RoleChange(("a", "b", "c"), ("c",), ()), "+c", id="one more"),
        pytest.param("ab", "a", RoleChange(("a",), (), ("b",)), "-b", id="one less"),
        pytest.param("ab", "ac", RoleChange(("a", "c"), ("c",), ("b",)), "+c, -b", id="another"),
        pytest.param("ab", "", RoleChange((), (), ("a", "b")), "-a, -b", id="none left"),
        pytest.param("a", "abb", RoleChange(("a", "b"), ("b",), ()), "+b", id="named twice"),
    ],
)
def test_a_change_adds_and_takes_away(before: str, after: str, change: RoleChange, text: str) -> None:
    found = role_change(tuple(before), tuple(after))

    assert (found, str(found), bool(found)) == (change, text, True)


def test_the_same_roles_in_another_order_are_no_change() -> None:
    assert not role_change(("a", "b"), ("b", "a"))


def test_objections_name_what_grants_nothing_and_the_nearest_spelling() -> None:
    catalog: dict[str, Role] = {
        "studio-user": a_role(),
        "admin": a_role("admin", allowed_namespaces=frozenset({"pharia-ai"})),
    }

    found = role_problems(["studio-user", "studio-usr", "zzz", "admin"], catalog, namespace="finance")

    assert found == [
        'There is no role "studio-usr"; did you mean "studio-user"?',
        'There is no role "zzz".',
        'The role "admin" is not allowed in namespace finance.',
    ]
