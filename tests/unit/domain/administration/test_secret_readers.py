"""Who may read a Secret: every verb whose answer shows it, by every way that RBAC has to say so."""

from __future__ import annotations

import pytest

from pharia_access.domain.administration.secret_readers import AccessRule, Binding, Bindings, Subject, readers_of

ADA, BOT = Subject("User", "ada"), Subject("ServiceAccount", "ci", "finance")
READ = AccessRule(("",), ("secrets",), ("get",))


def binding(
    *subjects: Subject, rules: tuple[AccessRule, ...] | None = (READ,), label: str = "RoleBinding b"
) -> Binding:
    return Binding(label, "Role reader", subjects, rules)


def told(*bindings: Binding) -> list[str]:
    return [str(reader.subject) for reader in readers_of("ci-token", Bindings(bindings)).readers]


@pytest.mark.parametrize("verb", ["get", "list", "watch", "update", "patch", "delete", "deletecollection", "*"])
@pytest.mark.parametrize(("group", "resource"), [("", "secrets"), ("*", "*"), ("", "*"), ("*", "secrets")])
def test_each_verb_whose_answer_shows_it_counts(verb: str, group: str, resource: str) -> None:
    assert told(binding(ADA, rules=(AccessRule((group,), (resource,), (verb,)),))) == ["User ada"]


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(AccessRule(("",), ("secrets",), ("create",)), id="only creates"),
        pytest.param(AccessRule(("",), ("configmaps",), ("get",)), id="another resource"),
        pytest.param(AccessRule(("apps",), ("secrets",), ("get",)), id="another group"),
        pytest.param(AccessRule(("",), ("secrets",), ("get",), ("other",)), id="another Secret"),
    ],
)
def test_what_does_not_show_it_does_not_count(rule: AccessRule) -> None:
    assert told(binding(ADA, rules=(rule,))) == []


def test_a_rule_for_this_very_secret_counts() -> None:
    assert told(binding(BOT, rules=(AccessRule(("",), ("secrets",), ("get",), ("ci-token",)),))) == [
        "ServiceAccount finance/ci"
    ]


def test_everybody_is_named_once_and_the_certain_first() -> None:
    uncertain = Binding("RoleBinding c", "ClusterRole edit", (ADA, Subject("User", "ed")), None)

    found = readers_of("ci-token", Bindings((uncertain, binding(ADA)), ("clusterroles",)))

    assert [(str(reader.subject), reader.certain) for reader in found.readers] == [
        ("User ada", True),
        ("User ed", False),
    ]
    assert found.unseen == ("clusterroles",)


@pytest.mark.parametrize(
    ("subject", "named"),
    [
        (Subject("User", "system:kube-controller-manager"), False),
        (Subject("ServiceAccount", "namespace-controller", "kube-system"), False),
        (Subject("Group", "system:nodes"), False),
        (Subject("Group", "system:masters"), True),
        (Subject("Group", "system:authenticated"), True),
        (Subject("Group", "system:serviceaccounts:finance"), True),
        (Subject("User", "system:serviceaccount:finance:ci"), True),
    ],
)
def test_parts_of_kubernetes_are_counted_and_groups_of_people_named(subject: Subject, *, named: bool) -> None:
    found = readers_of("ci-token", Bindings((binding(subject),)))

    assert (len(found.readers), found.of_kubernetes) == ((1, 0) if named else (0, 1))
