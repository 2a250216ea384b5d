"""What RBAC lets each account do on the real API server, asked of it, right by right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.security import rights
from tests.support.security.rights import Right, given
from tools.control_plane.api import OPERATOR, VERIFIER, Api
from tools.control_plane.charts import rendered
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import api_credential, api_role, api_token, secret

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

Json = dict[str, Any]

GROUP = "access.pharia.ai"


@pytest.fixture(scope="session")
def api(control_plane: ControlPlane) -> Api:
    return Api(control_plane.kubeconfig)


def may(api: Api, user: str, verb: str, resource: str, *, namespace: str = "finance", name: str = "") -> bool:
    """Ask the API server; `resource` is `group/plural[/subresource]`, the core group is empty."""
    group, _, plural = resource.partition("/")
    return rights.may(api, user, Right(verb, group, plural, namespace, name))


VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "bind", "escalate")


@pytest.mark.parametrize(
    ("user", "resource", "verbs"),
    [
        pytest.param(OPERATOR, f"{GROUP}/apitokens", "get list watch patch delete", id="operator, tokens"),
        pytest.param(OPERATOR, f"{GROUP}/apitokens/status", "patch", id="operator, status of tokens"),
        pytest.param(OPERATOR, f"{GROUP}/apicredentials", "get list watch", id="operator, credentials"),
        pytest.param(OPERATOR, f"{GROUP}/apicredentials/status", "patch", id="operator, status of credentials"),
        pytest.param(OPERATOR, f"{GROUP}/apicredentials/token", "", id="operator, minting as a person does"),
        pytest.param(OPERATOR, f"{GROUP}/apicredentials/finalizers", "", id="operator, finalizers"),
        pytest.param(OPERATOR, f"{GROUP}/apiroles", "get list watch", id="operator, roles as anyone"),
        pytest.param(OPERATOR, f"{GROUP}/workloadtokens", "get list watch", id="operator, workload tokens"),
        pytest.param(OPERATOR, f"{GROUP}/workloadtokens/status", "patch", id="operator, status of workload tokens"),
        pytest.param(OPERATOR, "/secrets", "create update delete", id="operator, Secrets, which it cannot read"),
        pytest.param(OPERATOR, "/events", "create", id="operator, Events"),
        pytest.param(OPERATOR, "/pods", "", id="operator, pods"),
        pytest.param(OPERATOR, "/configmaps", "", id="operator, ConfigMaps"),
        pytest.param(OPERATOR, "/serviceaccounts/token", "", id="operator, tokens of ServiceAccounts"),
        pytest.param(OPERATOR, "coordination.k8s.io/leases", "", id="operator, Leases of other namespaces"),
        pytest.param(OPERATOR, "rbac.authorization.k8s.io/clusterroles", "", id="operator, RBAC"),
        pytest.param(VERIFIER, f"{GROUP}/apitokens", "list watch", id="verifier, tokens"),
        pytest.param(VERIFIER, f"{GROUP}/apitokens/status", "patch", id="verifier, status of tokens"),
        pytest.param(VERIFIER, f"{GROUP}/apicredentials", "list watch", id="verifier, credentials"),
        pytest.param(VERIFIER, f"{GROUP}/apiroles", "get list watch", id="verifier, roles as anyone"),
        pytest.param(VERIFIER, f"{GROUP}/workloadtokens", "", id="verifier, workload tokens"),
        pytest.param(VERIFIER, "/secrets", "", id="verifier, Secrets"),
        pytest.param("somebody", f"{GROUP}/apiroles", "get list watch", id="anyone signed in, roles"),
        pytest.param("somebody", f"{GROUP}/apicredentials", "", id="anyone signed in, credentials"),
        pytest.param("somebody", f"{GROUP}/apitokens", "", id="anyone signed in, tokens"),
        pytest.param("somebody", f"{GROUP}/workloadtokens", "", id="anyone signed in, workload tokens"),
    ],
)
def test_an_account_may_do_this_and_nothing_else(api: Api, user: str, resource: str, verbs: str) -> None:
    assert [verb for verb in VERBS if may(api, user, verb, resource)] == verbs.split()


@pytest.mark.parametrize(
    ("resource", "name", "verbs"),
    [
        pytest.param("coordination.k8s.io/leases", "pharia-access-operator", "get create update", id="its own Lease"),
        pytest.param("coordination.k8s.io/leases", "another", "create", id="another Lease"),
        pytest.param("/secrets", "pharia-access-keyring", "get create update delete", id="the keyring"),
        pytest.param("/secrets", "another", "create update delete", id="another Secret"),
        pytest.param("apps/deployments", "pharia-access-operator", "", id="its own Deployment"),
    ],
)
def test_in_its_own_namespace_the_operator_may_do_this_and_nothing_else(
    api: Api, resource: str, name: str, verbs: str
) -> None:
    allowed = [verb for verb in VERBS if may(api, OPERATOR, verb, resource, namespace=NAMESPACE, name=name)]

    assert allowed == verbs.split()


@pytest.mark.parametrize("values", [{}, {"watchNamespaces": ["alpha", NAMESPACE]}], ids=["everywhere", "in some"])
@pytest.mark.parametrize("account", [OPERATOR, VERIFIER])
def test_of_secrets_an_account_may_read_and_change_the_keyring_alone(
    control_plane: ControlPlane, values: Json, account: str
) -> None:
    """Never patch: a patched object that cannot be decoded is answered with the whole of it."""
    rights = given(rendered(control_plane, values), account.rpartition(":")[-1])
    on_secrets = {right for right in rights if right.resource.partition("/")[0] in {"secrets", "*"}}
    unnamed = {right.verb for right in on_secrets if not right.name}
    named = {(right.verb, right.namespace, right.name) for right in on_secrets if right.name}

    assert "*" not in {right.verb for right in rights}
    assert unnamed == (set() if account == VERIFIER else {"create", "update", "delete"})
    keyring = (NAMESPACE, "pharia-access-keyring")
    by_name = {("get", *keyring), *([("update", *keyring)] if values else [])}
    assert named == (set() if account == VERIFIER else by_name)


READ, WRITE = "get list watch", "create update patch delete deletecollection"


@pytest.mark.parametrize(
    ("role", "resource", "verbs"),
    [
        pytest.param("view", f"{GROUP}/apicredentials", READ, id="view, credentials"),
        pytest.param("view", f"{GROUP}/apitokens", READ, id="view, tokens"),
        pytest.param("view", f"{GROUP}/apicredentials/token", "", id="view, minting"),
        pytest.param("edit", f"{GROUP}/apicredentials", f"{READ} {WRITE}", id="edit, credentials"),
        pytest.param("edit", f"{GROUP}/apitokens", f"{READ} {WRITE}", id="edit, tokens"),
        pytest.param("view", f"{GROUP}/workloadtokens", READ, id="view, workload tokens"),
        pytest.param("edit", f"{GROUP}/workloadtokens", f"{READ} {WRITE}", id="edit, workload tokens"),
        pytest.param("edit", f"{GROUP}/workloadtokens/status", READ, id="edit, status of workload tokens"),
        pytest.param("pharia-access-rotation", f"{GROUP}/apitokens", "create", id="rotation, tokens"),
        pytest.param("pharia-access-rotation", f"{GROUP}/apicredentials/token", "create", id="rotation, minting"),
        pytest.param("pharia-access-rotation", f"{GROUP}/workloadtokens", "", id="rotation, workload tokens"),
        pytest.param("edit", f"{GROUP}/apitokens/status", READ, id="edit, status"),
        pytest.param("edit", f"{GROUP}/apicredentials/token", "", id="edit, minting"),
        pytest.param("edit", f"{GROUP}/apiroles", READ, id="edit, roles"),
        pytest.param("admin", f"{GROUP}/apicredentials", f"{READ} {WRITE}", id="admin, credentials"),
        pytest.param("admin", f"{GROUP}/apitokens/status", READ, id="admin, status"),
        pytest.param("admin", f"{GROUP}/apicredentials/token", "create", id="admin, minting"),
        pytest.param("admin", f"{GROUP}/apiroles", READ, id="admin, roles: no bind by aggregation"),
        pytest.param("pharia-access-edit", f"{GROUP}/apicredentials", f"{READ} {WRITE}", id="ours alone, credentials"),
        pytest.param("pharia-access-edit", f"{GROUP}/apitokens", f"{READ} {WRITE}", id="ours alone, tokens"),
        pytest.param("pharia-access-edit", f"{GROUP}/apitokens/status", READ, id="ours alone, status"),
        pytest.param("pharia-access-edit", f"{GROUP}/apicredentials/token", "", id="ours alone, minting"),
        pytest.param("pharia-access-edit", "/secrets", "", id="ours alone, Secrets"),
    ],
)
def test_kubernetes_own_roles_contain_ours_which_can_be_bound_alone(
    api: Api, namespace: str, role: str, resource: str, verbs: str
) -> None:
    user = f"a-person-with-{role}"
    binding = {
        "kind": "RoleBinding",
        "metadata": {"name": "test", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }
    assert api.create(binding).ok
    first = "create" if role == "pharia-access-rotation" else "get"
    wait_until(lambda: may(api, user, first, f"{GROUP}/apitokens", namespace=namespace), what="aggregation", timeout=20)

    assert [verb for verb in VERBS if may(api, user, verb, resource, namespace=namespace)] == verbs.split()


# OwnerReferencesPermissionEnforcement is on.


def owned_by(owner: Json, *, blocking: bool) -> Json:
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": blocking,
    }
    return {"metadata": {"ownerReferences": [reference]}}


def test_the_operators_rights_suffice_for_owner_references_that_block_no_deletion(api: Api, namespace: str) -> None:
    api.create(api_role())
    credential = api.create(api_credential(namespace)).body
    token = api.create(api_token(namespace)).body
    api.patch(token, {**owned_by(credential, blocking=False), "spec": {"revoked": True}})
    operator = api.as_user(OPERATOR)

    one_time = secret(namespace, kind="access.pharia.ai/one-time-token")
    one_time["metadata"] |= owned_by(token, blocking=False)["metadata"]
    created = operator.create(one_time)
    taken_off = operator.patch(token, {"metadata": {"ownerReferences": None}})

    assert created.ok, created.message
    assert taken_off.ok, taken_off.message
    assert "ownerReferences" not in taken_off.body["metadata"]


def test_one_that_blocks_deletion_would_need_rights_that_the_operator_does_not_have(api: Api, namespace: str) -> None:
    api.create(api_role())
    token = api.create(api_token(namespace)).body
    one_time = secret(namespace, kind="access.pharia.ai/one-time-token")
    one_time["metadata"] |= owned_by(token, blocking=True)["metadata"]

    refused = api.as_user(OPERATOR).create(one_time)

    assert refused.status == 403
    assert "blockOwnerDeletion" in refused.message
