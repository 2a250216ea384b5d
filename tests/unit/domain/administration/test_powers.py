"""Who may do what, from RBAC's rules: in full, for some names only, by a wildcard, or not known."""

from __future__ import annotations

import pytest

from pharia_access.domain.administration.powers import (
    OWN,
    POWERS,
    Allowance,
    OwnRights,
    Power,
    allowance,
    powerful,
)
from pharia_access.domain.administration.secret_readers import AccessRule, Binding, Bindings, Subject

OURS = "access.pharia.ai"
BIND = Power("give a role to a credential", "bind", "apiroles")
MINT = Power("make tokens of a credential", "create", "apicredentials/token")
CREATE = Power("create credentials", "create", "apicredentials")
ADA, BOT = Subject("User", "ada"), Subject("ServiceAccount", "ci", "finance")
IN_FULL = AccessRule((OURS,), ("apiroles",), ("bind",))
YES, NO, UNKNOWN = Allowance(allowed=True), Allowance(allowed=False), Allowance(allowed=None)
WILD = Allowance(allowed=True, by_wildcard=True)
READS = AccessRule((OURS,), ("apitokens",), ("get", "list"))


def rule(resource: str, *verbs: str, group: str = OURS, names: tuple[str, ...] = ()) -> AccessRule:
    return AccessRule((group,), (resource,), verbs, names)


def only(*names: str) -> Allowance:
    return Allowance(allowed=True, names=names)


@pytest.mark.parametrize(
    ("power", "rules", "expected"),
    [
        pytest.param(BIND, [IN_FULL], YES, id="in full"),
        pytest.param(BIND, [], NO, id="no rule"),
        pytest.param(BIND, [rule("apiroles", "get", "list")], NO, id="another verb"),
        pytest.param(BIND, [rule("apiroles", "bind", group="x")], NO, id="another group"),
        pytest.param(BIND, [rule("apiroles", "bind", names=("b", "a"))], only("a", "b"), id="some roles only"),
        pytest.param(BIND, [rule("apiroles", "bind", names=("a",)), IN_FULL], YES, id="some, and all"),
        pytest.param(BIND, [rule("apiroles", "*")], WILD, id="any verb"),
        pytest.param(BIND, [rule("*", "bind")], WILD, id="any resource"),
        pytest.param(BIND, [rule("apiroles", "bind", group="*")], WILD, id="any group"),
        pytest.param(BIND, [rule("*", "*", group="*"), IN_FULL], YES, id="a wildcard, and in full"),
        pytest.param(
            BIND,
            [rule("*", "*", group="*"), rule("apiroles", "bind", names=("a",))],
            WILD,
            id="all by a wildcard, and one in full",
        ),
        pytest.param(MINT, [rule("apicredentials/token", "create")], YES, id="a part in full"),
        pytest.param(MINT, [rule("apicredentials", "create")], NO, id="the whole is not its part"),
        pytest.param(MINT, [rule("*/token", "create")], WILD, id="that part of anything"),
        pytest.param(MINT, [rule("*", "create")], WILD, id="anything has its parts"),
        pytest.param(MINT, [rule("apicredentials/token", "create", names=("bot",))], only("bot"), id="of one only"),
        pytest.param(CREATE, [rule("apicredentials", "create", names=("bot",))], NO, id="what is new has no name"),
    ],
)
def test_a_power_follows_from_rules(power: Power, rules: list[AccessRule], expected: Allowance) -> None:
    assert allowance(power, OwnRights(tuple(rules))) == expected


def test_what_an_incomplete_list_lacks_is_not_known_and_what_it_has_is() -> None:
    rights = OwnRights((IN_FULL,), incomplete=True)

    assert allowance(BIND, rights) == YES
    assert allowance(MINT, rights) == UNKNOWN


def test_granting_and_minting_come_first() -> None:
    assert [power.right for power in POWERS[:2]] == [
        "bind on apiroles.access.pharia.ai",
        "create on apicredentials.access.pharia.ai/token",
    ]
    assert OWN[: len(POWERS)] == POWERS


def test_who_may_do_most_comes_first_and_who_may_nothing_is_left_out() -> None:
    found = powerful(
        Bindings(
            (
                Binding("RoleBinding d", "Role deletes", (ADA,), (rule("apitokens", "delete"),)),
                Binding("RoleBinding r", "Role reads", (Subject("User", "eve"),), (READS,)),
                Binding("RoleBinding u", "ClusterRole hidden", (Subject("User", "zoe"),), None),
                Binding("ClusterRoleBinding b", "ClusterRole binds", (BOT, ADA), (IN_FULL,)),
            ),
            ("clusterroles",),
        )
    )

    told = [
        (str(each.subject), each.label, each.powers and [power.verb for power, _ in each.powers])
        for each in found.holdings
    ]
    assert told == [
        ("ServiceAccount finance/ci", "ClusterRoleBinding b", ["bind"]),
        ("User ada", "ClusterRoleBinding b", ["bind"]),
        ("User ada", "RoleBinding d", ["delete"]),
        ("User zoe", "RoleBinding u", None),
    ]
    assert found.unseen == ("clusterroles",)


def test_parts_of_kubernetes_are_counted_once() -> None:
    node = Subject("Group", "system:nodes")
    found = powerful(
        Bindings(tuple(Binding(f"RoleBinding {name}", "Role binds", (node,), (IN_FULL,)) for name in ("a", "b")))
    )

    assert (found.holdings, found.of_kubernetes) == ((), 1)
