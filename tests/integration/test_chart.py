"""The chart as Helm renders and installs it, and what its RBAC lets each account do on the real API server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pharia_access.settings import ENVIRONMENT_PREFIX, OperatorSettings, VerifierSettings
from tests.support.api import OPERATOR, VERIFIER, Api
from tests.support.installation import CHART, NAMESPACE
from tests.support.processes import ProcessError, wait_until
from tests.support.resources import api_credential, api_role, api_token, secret

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.control_plane import ControlPlane

Json = dict[str, Any]

GROUP = "access.pharia.ai"

THE_REST = {
    *("Service", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Deployment"),
    *("NetworkPolicy", "PodDisruptionBudget"),
}
POLICIES = {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}


@pytest.fixture(scope="session")
def api(control_plane: ControlPlane) -> Api:
    return Api(control_plane.kubeconfig)


def rendered(control_plane: ControlPlane, *arguments: str, namespace: str = NAMESPACE) -> list[Json]:
    done = control_plane.helm("template", "pharia-access", str(CHART), f"--namespace={namespace}", *arguments)
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def deployment(documents: list[Json], component: str = "operator") -> Json:
    (found,) = (
        document
        for document in documents
        if document["kind"] == "Deployment"
        and document["metadata"]["labels"]["app.kubernetes.io/component"] == component
    )
    return found


def environment(documents: list[Json], component: str = "operator") -> dict[str, str]:
    container = deployment(documents, component)["spec"]["template"]["spec"]["containers"][0]
    return {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}


# What is rendered.


def test_helm_finds_nothing_to_complain_about(control_plane: ControlPlane) -> None:
    assert "0 chart(s) failed" in control_plane.helm("lint", "--strict", str(CHART)).stdout


def test_the_default_values_give_the_programs_own_defaults(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(rendered(control_plane)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(f"{ENVIRONMENT_PREFIX}IDENTITY", "one")

    assert OperatorSettings.from_environment() == OperatorSettings.model_construct(identity="one")


def test_the_default_values_give_the_verifiers_own_defaults(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(rendered(control_plane), "verifier").items():
        monkeypatch.setenv(name, value)

    assert VerifierSettings.from_environment() == VerifierSettings.model_construct()


def test_tls_and_token_reviews_come_with_their_files(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = "verifier.tokenReview.secretName=review,verifier.tokenReview.clientCASecretName=authority"
    documents = rendered(
        control_plane, f"--set=verifier.tls.secretName=tls,verifier.settings.tokenReview=true,{review}"
    )
    for name, value in environment(documents, "verifier").items():
        monkeypatch.setenv(name, value)

    settings = VerifierSettings.from_environment()
    spec = deployment(documents, "verifier")["spec"]["template"]["spec"]
    mounts = {mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    (service,) = (document for document in documents if document["kind"] == "Service")

    assert settings.token_review
    files = (settings.tls_cert_file, settings.tls_key_file, settings.token_review_client_ca_file)
    assert {file.rpartition("/")[0] for file in files} <= mounts
    assert [port["port"] for port in service["spec"]["ports"]] == [443, 8443]


def test_token_reviews_without_their_secrets_are_refused(control_plane: ControlPlane) -> None:
    with pytest.raises(ProcessError, match=r"needs verifier\.tokenReview\.secretName"):
        rendered(control_plane, "--set=verifier.settings.tokenReview=true")


@pytest.mark.parametrize(("last_used", "verbs"), [("true", ["patch"]), ("false", [])])
def test_the_verifier_may_write_only_where_last_uses_are_kept(
    control_plane: ControlPlane, last_used: str, verbs: list[str]
) -> None:
    documents = rendered(control_plane, f"--set=verifier.settings.lastUsed={last_used}")
    (role,) = (
        document
        for document in documents
        if document["kind"] == "ClusterRole" and document["metadata"]["name"].endswith("-verifier")
    )

    written = [verb for rule in role["rules"] for verb in rule["verbs"] if verb not in {"get", "list", "watch"}]

    assert written == verbs


def test_lists_and_large_numbers_reach_the_program_in_its_form(control_plane: ControlPlane) -> None:
    set_ = "--set=watchNamespaces={a,b},settings.argon2MemoryKib=131072,settings.workers=null"

    found = environment(rendered(control_plane, set_))

    assert found["PHARIA_ACCESS_WATCH_NAMESPACES"] == "a,b"
    assert found["PHARIA_ACCESS_ARGON2_MEMORY_KIB"] == "131072"
    assert "PHARIA_ACCESS_WORKERS" not in found


def test_in_another_namespace_every_policy_names_that_releases_accounts(control_plane: ControlPlane) -> None:
    documents = rendered(control_plane, "--set=fullnameOverride=ours", namespace="elsewhere")

    text = json.dumps(documents)
    assert "pharia-access-system" not in text
    assert "system:serviceaccount:elsewhere:ours-operator" in text
    assert "system:serviceaccount:elsewhere:ours-verifier" in text
    accounts = {document["metadata"]["name"] for document in documents if document["kind"] == "ServiceAccount"}
    assert accounts == {"ours-operator", "ours-verifier"}


def test_without_its_kinds_the_chart_still_brings_the_policies(control_plane: ControlPlane) -> None:
    kinds = {document["kind"] for document in rendered(control_plane, "--set=crds.enabled=false")}

    assert kinds == {*THE_REST, *POLICIES}


def test_kinds_and_policies_can_be_installed_by_another_hand(control_plane: ControlPlane) -> None:
    documents = rendered(control_plane, "--set=crds.enabled=false,policies.enabled=false")

    assert {document["kind"] for document in documents} == THE_REST


def test_helm_is_told_to_keep_kinds_and_policies_and_nothing_else(control_plane: ControlPlane) -> None:
    kept = {
        document["kind"]
        for document in rendered(control_plane)
        if "helm.sh/resource-policy" in document["metadata"].get("annotations", {})
    }

    assert kept == {"CustomResourceDefinition", *POLICIES}


def test_a_digest_decides_instead_of_the_tag(control_plane: ControlPlane) -> None:
    digest = f"sha256:{'0' * 64}"

    found = deployment(rendered(control_plane, f"--set=image.digest={digest},image.tag=v9"))

    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == f"pharia-access@{digest}"


@pytest.mark.parametrize("component", ["operator", "verifier"])
def test_whatever_is_said_about_pods_gives_a_deployment_that_the_api_server_takes(
    control_plane: ControlPlane, tmp_path: Path, component: str
) -> None:
    values = {
        "imagePullSecrets": ["registry"],
        component: {
            "replicas": 2,
            "serviceAccount": {"annotations": {"example.com/a": "b"}},
            "podAnnotations": {"example.com/a": "b"},
            "podLabels": {"example.com/a": "b"},
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "tolerations": [{"operator": "Exists"}],
            "affinity": {"podAntiAffinity": {}},
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway"}
            ],
            "priorityClassName": "system-cluster-critical",
        },
    }
    (tmp_path / "values.json").write_text(json.dumps(values))

    found = deployment(rendered(control_plane, f"--values={tmp_path / 'values.json'}"), component)
    found["metadata"]["name"] = "another"
    create = ("create", "--dry-run=server", "--validate=strict", "--filename=-")

    assert "created" in control_plane.kubectl(*create, stdin=json.dumps(found)).stdout
    assert found["spec"]["template"]["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        pytest.param("settings.workers=65", "/settings/workers", id="a setting out of bounds"),
        pytest.param("settings.defaultTTL=30d", "/settings/defaultTTL", id="a duration in days"),
        pytest.param("verifier.settings.viewBound=5", "/verifier/settings/viewBound", id="a number for a duration"),
        pytest.param("settings.wrokers=3", "additional properties 'wrokers'", id="a misspelled setting"),
        pytest.param("operater.replicas=2", "additional properties 'operater'", id="a misspelled section"),
        pytest.param("image.digest=latest", "/image/digest", id="a digest that is none"),
    ],
)
def test_wrong_values_are_refused_before_anything_is_installed(
    control_plane: ControlPlane, value: str, complaint: str
) -> None:
    with pytest.raises(ProcessError, match=complaint):
        rendered(control_plane, f"--set={value}")


def test_what_a_parent_chart_sets_is_accepted(control_plane: ControlPlane) -> None:
    assert rendered(control_plane, "--set=global.imageRegistry=x,enabled=true")


# What is installed.


@pytest.mark.parametrize("component", ["operator", "verifier"])
def test_the_pods_are_admitted_where_pod_security_is_restricted(
    control_plane: ControlPlane, namespace: str, component: str
) -> None:
    enforce = "pod-security.kubernetes.io/enforce=restricted"
    control_plane.kubectl("label", "namespace", namespace, enforce)
    control_plane.kubectl("create", "serviceaccount", f"pharia-access-{component}", f"--namespace={namespace}")
    spec = deployment(rendered(control_plane), component)["spec"]["template"]["spec"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": component, "namespace": namespace}, "spec": spec}

    done = control_plane.kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(pod))

    assert "created" in done.stdout


def test_an_upgrade_to_the_same_chart_goes_through(control_plane: ControlPlane) -> None:
    done = control_plane.helm("upgrade", "pharia-access", str(CHART), f"--namespace={NAMESPACE}")

    assert "STATUS: deployed" in done.stdout


def may(api: Api, user: str, verb: str, resource: str, *, namespace: str = "finance", name: str = "") -> bool:
    """Ask the API server; `resource` is `group/plural[/subresource]`, the core group is empty."""
    group, plural, *subresource = resource.split("/")
    attributes = {
        "verb": verb,
        "group": group,
        "resource": plural,
        "subresource": "".join(subresource),
        "namespace": namespace,
        "name": name,
    }
    spec = {"user": user, "groups": ["system:authenticated"], "resourceAttributes": attributes}
    reply = api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body={"spec": spec})
    assert reply.ok, reply.message
    return bool(reply.body["status"]["allowed"])


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
        pytest.param(OPERATOR, "/secrets", "create patch delete", id="operator, Secrets, which it cannot read"),
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
        pytest.param(VERIFIER, "/secrets", "", id="verifier, Secrets"),
        pytest.param("somebody", f"{GROUP}/apiroles", "get list watch", id="anyone signed in, roles"),
        pytest.param("somebody", f"{GROUP}/apicredentials", "", id="anyone signed in, credentials"),
        pytest.param("somebody", f"{GROUP}/apitokens", "", id="anyone signed in, tokens"),
    ],
)
def test_an_account_may_do_this_and_nothing_else(api: Api, user: str, resource: str, verbs: str) -> None:
    assert [verb for verb in VERBS if may(api, user, verb, resource)] == verbs.split()


@pytest.mark.parametrize(
    ("resource", "name", "verbs"),
    [
        pytest.param("coordination.k8s.io/leases", "pharia-access-operator", "get create update", id="its own Lease"),
        pytest.param("coordination.k8s.io/leases", "another", "create", id="another Lease"),
        pytest.param("/secrets", "pharia-access-keyring", "create patch delete", id="the keyring"),
        pytest.param("/secrets", "another", "create patch delete", id="another Secret"),
        pytest.param("apps/deployments", "pharia-access-operator", "", id="its own Deployment"),
    ],
)
def test_in_its_own_namespace_the_operator_may_do_this_and_nothing_else(
    api: Api, resource: str, name: str, verbs: str
) -> None:
    allowed = [verb for verb in VERBS if may(api, OPERATOR, verb, resource, namespace=NAMESPACE, name=name)]

    assert allowed == verbs.split()


READ, WRITE = "get list watch", "create update patch delete deletecollection"


@pytest.mark.parametrize(
    ("role", "resource", "verbs"),
    [
        pytest.param("view", f"{GROUP}/apicredentials", READ, id="view, credentials"),
        pytest.param("view", f"{GROUP}/apitokens", READ, id="view, tokens"),
        pytest.param("view", f"{GROUP}/apicredentials/token", "", id="view, minting"),
        pytest.param("edit", f"{GROUP}/apicredentials", f"{READ} {WRITE}", id="edit, credentials"),
        pytest.param("edit", f"{GROUP}/apitokens", f"{READ} {WRITE}", id="edit, tokens"),
        pytest.param("edit", f"{GROUP}/apitokens/status", READ, id="edit, status"),
        pytest.param("edit", f"{GROUP}/apicredentials/token", "", id="edit, minting"),
        pytest.param("edit", f"{GROUP}/apiroles", READ, id="edit, roles"),
        pytest.param("admin", f"{GROUP}/apicredentials", f"{READ} {WRITE}", id="admin, credentials"),
        pytest.param("admin", f"{GROUP}/apitokens/status", READ, id="admin, status"),
        pytest.param("admin", f"{GROUP}/apicredentials/token", "create", id="admin, minting"),
        pytest.param("admin", f"{GROUP}/apiroles", READ, id="admin, roles: no bind by aggregation"),
    ],
)
def test_kubernetes_own_roles_contain_ours(api: Api, namespace: str, role: str, resource: str, verbs: str) -> None:
    user = f"a-person-with-{role}"
    binding = {
        "kind": "RoleBinding",
        "metadata": {"name": "test", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }
    assert api.create(binding).ok
    wait_until(lambda: may(api, user, "get", f"{GROUP}/apitokens", namespace=namespace), what="aggregation", timeout=20)

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
    operator = api.as_user(OPERATOR)

    accepted = operator.patch(token, owned_by(credential, blocking=False))
    one_time = secret(namespace, kind="access.pharia.ai/one-time-token")
    one_time["metadata"] |= owned_by(token, blocking=False)["metadata"]
    created = operator.create(one_time)

    assert accepted.ok, accepted.message
    assert created.ok, created.message


def test_one_that_blocks_deletion_would_need_rights_that_the_operator_does_not_have(api: Api, namespace: str) -> None:
    api.create(api_role())
    credential = api.create(api_credential(namespace)).body
    token = api.create(api_token(namespace)).body

    refused = api.as_user(OPERATOR).patch(token, owned_by(credential, blocking=True))

    assert refused.status == 403
    assert "blockOwnerDeletion" in refused.message
