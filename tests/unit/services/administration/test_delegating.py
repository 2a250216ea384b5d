"""The operator, allowed to mint: what is written for a namespace and for one credential, and what stands in the way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pharia_access.domain.administration.delegation import Delegation, Outcome
from pharia_access.domain.administration.next_steps import AskForRight
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import AlreadyExistsError, ForbiddenError
from pharia_access.kube.administration.delegations import KubeDelegations
from pharia_access.kube.http import Request
from pharia_access.services.administration.delegating import delegate, plan_delegation
from pharia_access.services.administration.plans import BlockedError
from tests.support.administration.contexts import context_of
from tests.support.administration.fake_objects import FakeObjects

Json = dict[str, Any]
OPERATOR = ObjectKey("pharia-access-system", "pharia-access-operator")
SUBJECT = {"kind": "ServiceAccount", "name": OPERATOR.name, "namespace": OPERATOR.namespace}
EVERYWHERE = Delegation("finance", OPERATOR)
UNDER_ONE = Delegation("finance", OPERATOR, "invoice-bot")


class FakeApi:
    """Keeps what is posted to it; answers a second one of a name as the API server does."""

    def __init__(self, refusal: str = "") -> None:
        self.objects: dict[str, Json] = {}
        self.queries: list[dict[str, str]] = []
        self._refusal = refusal

    async def send(self, call: Request) -> bytes:
        if call.method == "GET":
            return json.dumps(self.objects[call.path]).encode()
        if self._refusal:
            error = ForbiddenError("no")
            error.status, error.server_message = 403, self._refusal
            raise error
        assert isinstance(call.body, dict)
        path = f"{call.path}/{call.body['metadata']['name']}"
        if path in self.objects:
            raise AlreadyExistsError
        self.objects[path] = {**call.body, "metadata": {**call.body["metadata"], "uid": "u"}}
        self.queries.append(dict(call.query or {}))
        return json.dumps(self.objects[path]).encode()


def delegations(api: Any, *, dry_run: bool = False) -> KubeDelegations:  # noqa: ANN401 - in place of a connection
    return KubeDelegations(api, timeout_seconds=1.0, dry_run=dry_run)


async def test_a_namespace_is_bound_to_the_charts_role() -> None:
    api, context = FakeApi(), context_of(FakeObjects())
    plan = plan_delegation(delegations(api), EVERYWHERE)

    done = await delegate(context, delegations(api), plan)
    again = await delegate(context, delegations(api), plan)

    (binding,) = api.objects.values()
    assert binding["roleRef"]["kind"] == "ClusterRole"
    assert binding["roleRef"]["name"] == binding["metadata"]["name"] == "pharia-access-rotation"
    assert binding["subjects"] == [SUBJECT]
    assert plan.warnings == (f"The operator ({OPERATOR}) may mint tokens under every credential in namespace finance.",)
    assert done == [("rolebinding pharia-access-rotation", Outcome.CREATED)]
    assert again == [("rolebinding pharia-access-rotation", Outcome.THERE)]


async def test_one_credential_has_a_role_of_its_own_that_names_it() -> None:
    api = FakeApi()

    await delegate(context_of(FakeObjects()), delegations(api), plan_delegation(delegations(api), UNDER_ONE))

    role, binding = api.objects.values()
    assert role["rules"] == [
        {"apiGroups": ["access.pharia.ai"], "resources": ["apitokens"], "verbs": ["create"]},
        {
            "apiGroups": ["access.pharia.ai"],
            "resources": ["apicredentials/token"],
            "resourceNames": ["invoice-bot"],
            "verbs": ["create"],
        },
    ]
    assert binding["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "Role",
        "name": role["metadata"]["name"],
    }


async def test_another_object_of_the_name_is_left_alone() -> None:
    api = FakeApi()
    plan = plan_delegation(delegations(api), EVERYWHERE)
    await delegate(context_of(FakeObjects()), delegations(api), plan)
    (path,) = api.objects
    api.objects[path]["subjects"] = []

    with pytest.raises(BlockedError, match="Another rolebinding pharia-access-rotation is there already"):
        await delegate(context_of(FakeObjects()), delegations(api), plan)


async def test_nobody_passes_on_a_right_that_they_do_not_hold() -> None:
    api = FakeApi('roles is forbidden: user "ann" is attempting to grant RBAC permissions not currently held:\n{...}')

    with pytest.raises(BlockedError, match="You may not pass on the right to mint in namespace finance") as blocked:
        await delegate(context_of(FakeObjects()), delegations(api), plan_delegation(delegations(api), EVERYWHERE))

    assert isinstance(blocked.value.next_steps[0], AskForRight)


async def test_a_dry_run_is_judged_and_not_kept() -> None:
    api = FakeApi()
    dry = delegations(api, dry_run=True)

    await delegate(context_of(FakeObjects()), dry, plan_delegation(dry, UNDER_ONE))

    assert api.queries == [{"dryRun": "All"}] * 2
