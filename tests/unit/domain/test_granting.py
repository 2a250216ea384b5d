"""What is held, asked all at once: answers as by the definition, at a cost that does not grow with what is held."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pharia_access.domain import granting
from pharia_access.domain.permissions import EffectiveRoles, Permission, Role, effective, grants

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


fields = st.dictionaries(st.sampled_from("abcde"), st.sampled_from(["*", "*", "x", "y"])).map(
    lambda found: tuple(found.items())
)
permissions = st.builds(Permission, name=st.sampled_from(["AccessModel", "HasRelation"]), fields=fields)
catalogs = st.lists(st.lists(permissions, max_size=12), max_size=4)
WIDE = [Permission("AccessModel", tuple((f"f{n}", "x") for n in range(300)))]


def roles_of(held: Iterable[Iterable[Permission]]) -> EffectiveRoles:
    roles = {f"r{number}": Role(f"r{number}", frozenset({"*"}), tuple(group)) for number, group in enumerate(held)}
    return effective(list(roles), roles, namespace="finance")


@given(catalogs, permissions)
@example([WIDE], WIDE[0])
@example([WIDE], Permission("AccessModel", WIDE[0].fields[1:]))
@settings(max_examples=2000, deadline=None)
def test_the_answer_is_that_of_the_definition(held: list[list[Permission]], asked: Permission) -> None:
    by_definition = any(grants(permission, asked) for group in held for permission in group)

    assert roles_of(held).grants(asked) is by_definition


@given(st.lists(permissions, min_size=1, max_size=12), st.data())
@settings(max_examples=500, deadline=None)
def test_what_is_near_to_a_held_one_is_answered_likewise(held: list[Permission], data: st.DataObject) -> None:
    near = dict(data.draw(st.sampled_from(held)).fields)
    for name in data.draw(st.sets(st.sampled_from("abcde"), max_size=2)):
        near[name] = data.draw(st.sampled_from(["*", "x", "y"]))
    asked = Permission(held[0].name, tuple(near.items())[data.draw(st.integers(0, 1)) :])

    assert roles_of([held]).grants(asked) is any(grants(permission, asked) for permission in held)


def lines_for(held: EffectiveRoles, asked: list[Permission]) -> int:
    """How many lines are run to answer, in the index and around it."""
    files = {granting.__file__, sys.modules[EffectiveRoles.__module__].__file__}
    count = 0

    def step(frame: FrameType, event: str, _argument: object) -> object:
        nonlocal count
        if frame.f_code.co_filename not in files:
            return None
        count += event == "line"
        return step

    before = sys.gettrace()
    sys.settrace(step)  # type: ignore[arg-type] # a tracer gives the next one, or None
    try:
        for one in asked:
            held.grants(one)
    finally:
        sys.settrace(before)
    return count


def one_field(number: int) -> Permission:
    return Permission.of("AccessModel", model=f"m{number}")


def many_fields(number: int) -> Permission:
    return Permission("AccessModel", (*((f"f{n}", "*") for n in range(15)), ("z", f"v{number}")))


@pytest.mark.parametrize("kind", [one_field, many_fields])
@pytest.mark.parametrize("asks", [1, 256])
def test_a_requests_work_does_not_grow_with_what_each_role_holds(kind: object, asks: int) -> None:
    assert callable(kind)
    asked = [Permission("AccessModel", kind(-1 - number).fields) for number in range(asks)]

    costs = {}
    for count in (1, 128):
        held = roles_of([[kind(number + 128 * role) for number in range(count)] for role in range(16)])
        _ = [role.granting for role in held.resolved]
        costs[count] = lines_for(held, asked)

    assert costs[128] == costs[1]
    assert costs[128] <= asks * 16 * (10 + 6 * len(asked[0].fields))


def test_the_most_that_can_be_asked_of_the_most_that_can_be_held_survives_to_the_last_field_and_is_answered() -> None:
    held = roles_of([[many_fields(number + 128 * role) for number in range(128)] for role in range(16)])
    asked = Permission("AccessModel", tuple((f"f{n}", f"w{n}") for n in range(15)))

    assert not held.grants(asked)
    assert held.grants(Permission("AccessModel", (*asked.fields, ("z", "v2047"))))
    assert not held.grants(Permission("AccessModel", (*asked.fields, ("z", "v2048"))))
