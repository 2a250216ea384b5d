"""The operator finds out whether the admission policies and the kinds' rules hold, and mints nothing while they do not.

On the real API server, with the operator's own rights.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from pharia_access.domain.guards import faults_of
from pharia_access.domain.model import ObjectKey
from pharia_access.kube.operator.guards import KubeGuards
from tests.support.security.guards import BINDING, KIND, NAMING_ACCOUNTS, POLICIES, POLICY, Tampering, renamed, tampered
from tests.support.security.weakenings import (
    but_for_some_objects,
    for_one_more_account,
    ignoring_failures,
    in_a_second_version,
    in_some_namespaces,
    keeping_unknown_fields,
    leaving_out_a_name,
    leaving_out_kube_system,
    never_matching,
    to_another_policy,
    true_for_all,
    warn_only,
    with_a_rule_that_is_always_true,
    without_rules,
    without_the_specs_rules,
)
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT

if TYPE_CHECKING:
    from pharia_access.domain.guards import GuardFault, Look
    from pharia_access.kube.client import Connection
    from tools.control_plane.api import Api
    from tools.control_plane.workspace import Workspace

Json = dict[str, Any]
Change = Callable[[Json], None] | None


@pytest_asyncio.fixture
async def guards(connection: Connection) -> KubeGuards:
    """What the operator looks with; what a test before put back is in force."""
    made = KubeGuards(connection, namespace=NAMESPACE, account=OPERATOR_ACCOUNT)
    await until(made, None, lambda look: "restrain-operator-secrets" in look.refused)
    return made


async def until(guards: KubeGuards, token: ObjectKey | None, holds: Callable[[Look], bool]) -> Look:
    """The first look that is so: the API server takes up a policy within about a second."""
    async with asyncio.timeout(60):
        while not holds(look := await guards.look(token)):  # noqa: ASYNC110 - nobody would set an event
            await asyncio.sleep(0.1)
    return look


async def found(guards: KubeGuards) -> tuple[GuardFault, ...]:
    return faults_of(guards.carried(), await guards.look(None))


async def settled(guards: KubeGuards) -> tuple[GuardFault, ...]:
    """What is found once the API server has taken up policies that were made just now."""
    faults = await found(guards)
    for _ in range(40):
        if not faults:
            break
        await asyncio.sleep(0.25)
        faults = await found(guards)
    return faults


# What is noticed.


async def test_as_installed_every_guard_holds(guards: KubeGuards) -> None:
    assert await settled(guards) == ()


WEAKER_POLICIES = (ignoring_failures, never_matching, leaving_out_kube_system, leaving_out_a_name, true_for_all)
WEAKER_BINDINGS = (None, warn_only, in_some_namespaces, but_for_some_objects, to_another_policy)


def named(value: object) -> str:
    return str(getattr(value, "__name__", value if isinstance(value, str) else "deleted"))


@pytest.mark.parametrize("change", WEAKER_BINDINGS, ids=named)
@pytest.mark.parametrize("guard", POLICIES)
async def test_a_binding_that_does_not_bind_is_noticed(
    guards: KubeGuards, admin: Api, guard: str, change: Change
) -> None:
    with tampered(admin, Tampering(BINDING, guard, change)):
        faults = await found(guards)

    assert [(fault.guard, fault.older) for fault in faults] == [(guard, False)]
    assert await settled(guards) == ()


@pytest.mark.parametrize("change", WEAKER_POLICIES, ids=named)
@pytest.mark.parametrize("guard", POLICIES)
async def test_a_policy_that_is_weaker_is_noticed(guards: KubeGuards, admin: Api, guard: str, change: Change) -> None:
    with tampered(admin, Tampering(POLICY, guard, change)):
        faults = await found(guards)

    assert [(fault.guard, fault.older) for fault in faults] == [(guard, False)]


@pytest.mark.parametrize("guard", NAMING_ACCOUNTS)
async def test_a_policy_that_names_somebody_else_is_noticed(guards: KubeGuards, admin: Api, guard: str) -> None:
    with tampered(admin, Tampering(POLICY, guard, for_one_more_account)):
        faults = await found(guards)

    assert [fault.guard for fault in faults] == [guard]


@pytest.mark.parametrize(
    ("guard", "change"),
    [
        ("apitokens", without_rules),
        ("apitokens", without_the_specs_rules),
        ("apitokens", with_a_rule_that_is_always_true),
        ("apitokens", keeping_unknown_fields),
        ("apitokens", in_a_second_version),
        ("apicredentials", without_rules),
        ("apicredentials", keeping_unknown_fields),
        ("apiroles", keeping_unknown_fields),
        ("workloadtokens", without_rules),
        ("workloadtokens", keeping_unknown_fields),
    ],
    ids=named,
)
async def test_a_kind_whose_rules_are_weaker_is_noticed(
    guards: KubeGuards, admin: Api, guard: str, change: Callable[[Json], None]
) -> None:
    with tampered(admin, Tampering(KIND, guard, change)):
        faults = await found(guards)

    assert [(fault.guard, fault.older) for fault in faults] == [(guard, False)]


# What is none of it.


def other_words(obj: Json) -> None:
    obj["metadata"]["annotations"]["example.com/note"] = "ours"
    for validation in obj["spec"]["validations"]:
        validation.pop("messageExpression", None)
        validation["message"] = "no"


@pytest.mark.parametrize("guard", POLICIES)
async def test_other_words_weaken_nothing(guards: KubeGuards, admin: Api, guard: str) -> None:
    with tampered(admin, Tampering(POLICY, guard, other_words)):
        assert await settled(guards) == ()


async def test_policies_that_an_administrator_applied_under_other_names_count(guards: KubeGuards, admin: Api) -> None:
    with renamed(admin, labelled=False):
        assert await settled(guards) == ()
    assert await settled(guards) == ()


def edition(number: str) -> Callable[[Json], None]:
    def change(obj: Json) -> None:
        obj["metadata"]["labels"]["access.pharia.ai/guard-edition"] = number
        true_for_all(obj)

    return change


@pytest.mark.parametrize("guard", POLICIES)
async def test_rules_of_a_newer_edition_count(guards: KubeGuards, admin: Api, guard: str) -> None:
    with tampered(admin, Tampering(POLICY, guard, edition("2"))):
        assert await settled(guards) == ()


@pytest.mark.parametrize("mark", ["", "0", "none", "1e9", "9" * 30])
async def test_rules_of_an_older_edition_are_told_apart(guards: KubeGuards, admin: Api, mark: str) -> None:
    with tampered(admin, Tampering(POLICY, "mint-tokens", edition(mark))):
        faults = await found(guards)

    assert [(fault.guard, fault.older) for fault in faults] == [("mint-tokens", True)]


# By what is refused.


@pytest.fixture
def token(workspace: Workspace) -> ObjectKey:
    workspace.credential()
    workspace.token("sample")
    return ObjectKey(workspace.namespace, "sample")


RESTRAINING = frozenset({"restrain-operator-secrets", "restrain-operator-resources"})


@pytest.mark.parametrize("guard", sorted(RESTRAINING))
async def test_what_restrains_the_operator_is_tried(
    guards: KubeGuards, admin: Api, token: ObjectKey, guard: str
) -> None:
    await until(guards, token, lambda look: look.refused == RESTRAINING)

    with tampered(admin, Tampering(BINDING, guard, None)):
        open_to_it = await until(guards, token, lambda look: guard in look.admitted)

    assert (open_to_it.admitted, open_to_it.refused) == (frozenset({guard}), RESTRAINING - {guard})
    tried = admin.read({"kind": "ApiToken", "metadata": {"namespace": token.namespace, "name": token.name}}).body
    assert not tried["metadata"].get("labels")
    secrets = admin.find("Secret", NAMESPACE).body["items"]
    assert [it for it in secrets if it["metadata"]["name"].startswith("pharia-access-guard-probe")] == []


PROBE_LABEL = "access.pharia.ai/guard-probe"


async def test_no_label_of_a_token_makes_what_is_tried_change_nothing(
    guards: KubeGuards, workspace: Workspace, token: ObjectKey
) -> None:
    """A patch that changes nothing is admitted: who creates a token would stop all mints of the cluster by it."""
    workspace.token("planted", labels={PROBE_LABEL: "refused"})
    planted = ObjectKey(token.namespace, "planted")

    look = await until(guards, planted, lambda look: "restrain-operator-secrets" in look.refused)

    assert (look.admitted, look.refused) == (frozenset(), RESTRAINING)


def rewritten(obj: Json) -> None:
    """As strict, by other means; on more than Secrets, so that it is not even alike."""
    rules = obj["spec"]["matchConstraints"]["resourceRules"]
    rules[0]["resources"] = ["secrets", "configmaps"]
    for validation in obj["spec"]["validations"]:
        validation["expression"] = f"request.resource.resource != 'secrets' || ({validation['expression']})"


async def test_a_policy_that_was_rewritten_counts_by_what_it_refuses(guards: KubeGuards, admin: Api) -> None:
    with renamed(admin, labelled=False, only="restrain-operator-secrets", change=rewritten):
        await until(guards, None, lambda look: "restrain-operator-secrets" in look.refused)

        assert await settled(guards) == ()
