"""Which permission grants which, and what a credential's roles come to in its namespace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.permissions import EffectiveRoles, Permission, Role, effective, grants

KERNEL = Permission("KernelAccess")
BARE = Permission("AccessModel")
ANY_MODEL = Permission.of("AccessModel", model="*")
FOO = Permission.of("AccessModel", model="foo")
BAR = Permission.of("AccessModel", model="bar")
OWNER = Permission.of("HasRelation", relation="owner", object="doc")
ANY_OWNER = Permission.of("HasRelation", relation="owner", object="*")

STUDIO = Role("studio-user", frozenset({"*"}), (Permission("AccessStudio"), ANY_MODEL))
KERNEL_USER = Role("kernel-user", frozenset({"finance", "legal"}), (KERNEL, ANY_MODEL))
ADMIN = Role("admin", frozenset({"platform"}), (Permission("AccessEverything"),))
NOWHERE = Role("nowhere", frozenset(), (KERNEL,))
CATALOG = {role.name: role for role in (STUDIO, KERNEL_USER, ADMIN, NOWHERE)}

permissions = st.builds(
    Permission,
    name=st.sampled_from(["AccessModel", "HasRelation"]),
    fields=st.dictionaries(st.sampled_from("ab"), st.sampled_from(["*", "x", "y"])).map(
        lambda fields: tuple(fields.items())
    ),
)


@pytest.mark.parametrize(
    ("held", "asked", "verdict"),
    [
        pytest.param(KERNEL, KERNEL, True, id="a bare one grants a bare ask"),
        pytest.param(KERNEL, BARE, False, id="another name"),
        pytest.param(KERNEL, Permission("kernelaccess"), False, id="another letter case"),
        pytest.param(FOO, FOO, True, id="the same value"),
        pytest.param(FOO, BAR, False, id="another value"),
        pytest.param(FOO, BARE, False, id="a restricted one does not grant a bare ask"),
        pytest.param(FOO, ANY_MODEL, False, id="a restricted one does not grant the unrestricted"),
        pytest.param(ANY_MODEL, BARE, True, id="the unrestricted grants a bare ask"),
        pytest.param(ANY_MODEL, FOO, True, id="the unrestricted grants any value"),
        pytest.param(ANY_MODEL, ANY_MODEL, True, id="the unrestricted grants itself"),
        pytest.param(BARE, FOO, False, id="a bare one does not grant a value"),
        pytest.param(BARE, ANY_MODEL, False, id="a bare one does not grant the unrestricted"),
        pytest.param(ANY_OWNER, OWNER, True, id="two fields, one of them unrestricted"),
        pytest.param(OWNER, ANY_OWNER, False, id="two fields, one asked beyond what is held"),
        pytest.param(ANY_OWNER, Permission.of("HasRelation", object="doc"), False, id="a held field not asked"),
        pytest.param(ANY_OWNER, Permission.of("HasRelation", relation="owner"), True, id="an unrestricted left out"),
        pytest.param(ANY_MODEL, Permission.of("AccessModel", model="foo", size="1"), False, id="a field not held"),
    ],
)
def test_a_held_permission_grants_an_asked_one(held: Permission, asked: Permission, *, verdict: bool) -> None:
    role = Role("role", frozenset({"*"}), (held,))

    assert grants(held, asked) is verdict
    assert EffectiveRoles((), (), (), resolved=(role,)).grants(asked) is verdict


@given(permissions)
def test_every_permission_grants_itself(permission: Permission) -> None:
    assert grants(permission, permission)


@given(permissions, permissions, permissions)
def test_granting_is_transitive(first: Permission, second: Permission, third: Permission) -> None:
    if grants(first, second) and grants(second, third):
        assert grants(first, third)


@given(permissions)
def test_the_order_of_fields_makes_no_difference(permission: Permission) -> None:
    assert Permission(permission.name, permission.fields[::-1]) == permission


@pytest.mark.parametrize(
    ("held", "verdict"),
    [
        pytest.param((), False, id="none held"),
        pytest.param((KERNEL, BAR), False, id="none that grants it"),
        pytest.param((KERNEL, BAR, FOO), True, id="one that grants it"),
    ],
)
def test_one_held_permission_that_grants_is_enough(held: tuple[Permission, ...], *, verdict: bool) -> None:
    roles = {"one": Role("one", frozenset({"*"}), held), "other": Role("other", frozenset({"*"}), ())}

    assert effective(["other", "one"], roles, namespace="finance").grants(FOO) is verdict


@pytest.mark.parametrize(
    ("role", "namespace", "verdict"),
    [
        pytest.param(STUDIO, "anywhere", True, id="a star allows every namespace"),
        pytest.param(KERNEL_USER, "legal", True, id="a named namespace"),
        pytest.param(KERNEL_USER, "platform", False, id="a namespace not named"),
        pytest.param(KERNEL_USER, "fin", False, id="a part of a name"),
        pytest.param(NOWHERE, "finance", False, id="no namespace at all"),
    ],
)
def test_a_role_may_be_held_in_its_allowed_namespaces(role: Role, namespace: str, *, verdict: bool) -> None:
    assert role.allows(namespace) is verdict


def test_permissions_are_the_union_of_the_roles_each_once() -> None:
    found = effective(["studio-user", "kernel-user"], CATALOG, namespace="finance")

    assert found == EffectiveRoles(("studio-user", "kernel-user"), (), (), resolved=(STUDIO, KERNEL_USER))
    assert found.permissions == (Permission("AccessStudio"), ANY_MODEL, KERNEL)


def test_a_role_that_the_namespace_may_not_hold_is_left_out() -> None:
    assert effective(["studio-user", "admin"], CATALOG, namespace="finance") == EffectiveRoles(
        roles=("studio-user",),
        unknown=(),
        not_allowed=("admin",),
        resolved=(STUDIO,),
    )


def test_a_role_that_is_not_in_the_catalog_is_named_and_grants_nothing() -> None:
    assert effective(["gone", "studio-user", "typo"], CATALOG, namespace="finance") == EffectiveRoles(
        roles=("studio-user",),
        unknown=("gone", "typo"),
        not_allowed=(),
        resolved=(STUDIO,),
    )


def test_a_role_listed_twice_counts_once() -> None:
    found = effective(["gone", "admin", "studio-user"] * 2, CATALOG, namespace="finance")

    assert (found.roles, found.not_allowed, found.unknown) == (("studio-user",), ("admin",), ("gone",))


def test_no_roles_come_to_no_permissions() -> None:
    assert effective([], CATALOG, namespace="finance") == EffectiveRoles((), (), (), ())


def test_of_requirements_that_are_met_few_are_remembered_and_none_by_who_holds_something_else() -> None:
    held = effective(["studio-user"], CATALOG, namespace="finance")
    for number in range(1000):
        held.remember_met(f"role={number}")

    assert len(held.met) <= 16
    assert "role=999" in held.met
    assert not effective(["studio-user"], CATALOG, namespace="finance").met
