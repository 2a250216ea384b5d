"""The operator finds out whether the admission policies and the kinds' rules hold, and mints nothing while they do not.

On the real API server, with the operator's own rights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.domain.guards import faults_of
from pharia_access.kube.guards import KubeGuards
from tests.support.guards import BINDING, KIND, POLICIES, POLICY, Tampering, tampered, until_guards_hold
from tests.support.installation import NAMESPACE, OPERATOR_ACCOUNT
from tests.support.workspace import Workspace, condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pharia_access.domain.guards import GuardFault
    from pharia_access.kube.client import Connection
    from tests.support.api import Api
    from tests.support.operator_pool import OperatorPool
    from tests.support.operators import RunningOperator

Json = dict[str, Any]
ATTENTIVE = {"PHARIA_ACCESS_RESYNC_INTERVAL": "5s", "PHARIA_ACCESS_PENDING_BOUND": "10m"}


@pytest.fixture
def guards(connection: Connection) -> KubeGuards:
    return KubeGuards(connection, namespace=NAMESPACE, account=OPERATOR_ACCOUNT)


async def found(guards: KubeGuards) -> tuple[GuardFault, ...]:
    return faults_of(guards.carried(), await guards.look(None))


# What is noticed.


async def test_as_installed_every_guard_holds(guards: KubeGuards) -> None:
    assert await found(guards) == ()


def warn_only(obj: Json) -> None:
    obj["spec"]["validationActions"] = ["Warn", "Audit"]


def in_some_namespaces(obj: Json) -> None:
    obj["spec"]["matchResources"] = {"namespaceSelector": {"matchLabels": {"guarded": "yes"}}}


def but_for_some_objects(obj: Json) -> None:
    rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"], "resourceNames": ["x"]}
    obj["spec"]["matchResources"] = {"excludeResourceRules": [rule]}


def to_another_policy(obj: Json) -> None:
    obj["spec"]["policyName"] = "another"


def ignoring_failures(obj: Json) -> None:
    obj["spec"]["failurePolicy"] = "Ignore"


def never_matching(obj: Json) -> None:
    obj["spec"].setdefault("matchConditions", []).append({"name": "never", "expression": "false"})


def leaving_out_kube_system(obj: Json) -> None:
    key = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]}
    obj["spec"]["matchConstraints"]["namespaceSelector"] = {"matchExpressions": [key]}


def leaving_out_a_name(obj: Json) -> None:
    rule = {**obj["spec"]["matchConstraints"]["resourceRules"][0], "resourceNames": ["x"]}
    obj["spec"]["matchConstraints"]["excludeResourceRules"] = [rule]


def true_for_all(obj: Json) -> None:
    obj["spec"]["validations"][-1]["expression"] = "true"


def for_one_more_account(obj: Json) -> None:
    text = "request.userInfo.username == 'system:serviceaccount:pharia-access-system:pharia-access-operator'"
    for part in (*obj["spec"].get("variables", []), *obj["spec"].get("matchConditions", []), *obj["spec"]["validations"]):
        part["expression"] = part["expression"].replace(text, f"({text} || request.userInfo.username == 'mallory')")


WEAKER_POLICIES = (ignoring_failures, never_matching, leaving_out_kube_system, leaving_out_a_name, true_for_all)
WEAKER_BINDINGS = (None, warn_only, in_some_namespaces, but_for_some_objects, to_another_policy)


def named(value: object) -> str:
    return str(getattr(value, "__name__", value if isinstance(value, str) else "deleted"))


@pytest.mark.parametrize("change", WEAKER_BINDINGS, ids=named)
@pytest.mark.parametrize("guard", POLICIES)
async def test_a_binding_that_does_not_bind_is_noticed(
    guards: KubeGuards, admin: Api, guard: str, change: Any
) -> None:
    with tampered(admin, Tampering(BINDING, guard, change, "")):
        faults = await found(guards)

    assert [(fault.guard, fault.older) for fault in faults] == [(guard, False)]
    assert await found(guards) == ()


@pytest.mark.parametrize("change", WEAKER_POLICIES, ids=named)
@pytest.mark.parametrize("guard", POLICIES)
async def test_a_policy_that_is_weaker_is_noticed(guards: KubeGuards, admin: Api, guard: str, change: Any) -> None:
    with tampered(admin, Tampering(POLICY, guard, change, "")):
        faults = await found(guards)

    assert [(fault.guard, fault.older) for fault in faults] == [(guard, False)]


