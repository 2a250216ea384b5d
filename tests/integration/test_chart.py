"""What the chart's objects say, as Helm renders them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pharia_access.settings.base import ENVIRONMENT_PREFIX
from pharia_access.settings.operator import OperatorSettings
from pharia_access.settings.verifier import VerifierSettings
from tests.support.security.rights import Right, given
from tools.control_plane.charts import Json, container, deployment, environment, of_kind, rendered
from tools.control_plane.installation import CHART, NAMESPACE
from tools.render_manifests import MANIFESTS, render

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tools.control_plane.plane import ControlPlane

POLICIES = {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}


def kinds(documents: Iterable[Json]) -> set[str]:
    return {document["kind"] for document in documents}


def pod(documents: Iterable[Json], component: str) -> Json:
    spec: Json = deployment(documents, component)["spec"]["template"]["spec"]
    return spec


def test_helm_finds_nothing_to_complain_about(control_plane: ControlPlane) -> None:
    assert "0 chart(s) failed" in control_plane.helm("lint", "--strict", str(CHART)).stdout


def test_the_manifests_for_people_without_helm_are_what_the_chart_gives(control_plane: ControlPlane) -> None:
    assert MANIFESTS.read_text(encoding="utf-8") == render(control_plane.bin / "helm"), "run: make generate"


def test_the_notes_name_what_was_installed(control_plane: ControlPlane) -> None:
    said = control_plane.helm("install", "ours", str(CHART), "--namespace=elsewhere", "--dry-run=client").stdout

    _, _, notes = said.partition("NOTES:")
    assert "--namespace elsewhere rollout status deployment/ours-pharia-access-operator" in notes
    assert "http://ours-pharia-access-verifier.elsewhere.svc/whoami" in notes


# What the programs are told.


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


def test_lists_and_large_numbers_reach_the_program_in_its_form(control_plane: ControlPlane) -> None:
    values = {"watchNamespaces": ["a", "b"], "settings": {"argon2MemoryKib": 131072}}

    found = environment(rendered(control_plane, values))

    assert found["PHARIA_ACCESS_WATCH_NAMESPACES"] == "a,b"
    assert found["PHARIA_ACCESS_ARGON2_MEMORY_KIB"] == "131072"


@pytest.mark.parametrize(
    ("tls", "secret"),
    [
        pytest.param({"secretName": "ours"}, "ours", id="an existing Secret"),
        pytest.param(
            {"certificate": {"enabled": True, "issuerRef": {"name": "ca"}}},
            "pharia-access-verifier-tls",
            id="cert-manager",
        ),
    ],
)
def test_tls_and_token_reviews_come_with_their_files(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, tls: Json, secret: str
) -> None:
    review = {"secretName": "review", "clientCASecretName": "authority"}
    documents = rendered(
        control_plane, {"verifier": {"tls": tls, "settings": {"tokenReview": True}, "tokenReview": review}}
    )
    for name, value in environment(documents, "verifier").items():
        monkeypatch.setenv(name, value)

    settings = VerifierSettings.from_environment()
    mounts = {mount["mountPath"] for mount in container(documents, "verifier")["volumeMounts"]}
    (service,) = of_kind(documents, "Service")
    secrets = {volume["secret"]["secretName"] for volume in pod(documents, "verifier")["volumes"] if "secret" in volume}

    assert settings.token_review
    files = (settings.tls_cert_file, settings.tls_key_file, settings.token_review_client_ca_file)
    assert {file.rpartition("/")[0] for file in files} <= mounts
    assert [port["port"] for port in service["spec"]["ports"]] == [443, 8443]
    assert secret in secrets


def test_cert_manager_is_asked_for_the_secret_that_is_mounted_and_for_the_services_names(
    control_plane: ControlPlane,
) -> None:
    certificate = {"enabled": True, "issuerRef": {"name": "ca", "kind": "ClusterIssuer"}, "dnsNames": ["example.com"]}

    (found,) = of_kind(rendered(control_plane, {"verifier": {"tls": {"certificate": certificate}}}), "Certificate")

    assert found["spec"]["secretName"] == "pharia-access-verifier-tls"
    assert found["spec"]["issuerRef"] == {"name": "ca", "kind": "ClusterIssuer"}
    assert {f"pharia-access-verifier.{NAMESPACE}.svc", "example.com"} <= set(found["spec"]["dnsNames"])


# What comes with them.


def test_in_another_namespace_every_policy_names_that_releases_accounts(control_plane: ControlPlane) -> None:
    documents = rendered(control_plane, {"fullnameOverride": "ours"}, namespace="elsewhere")

    text = json.dumps(documents)
    assert "pharia-access-system" not in text
    assert "system:serviceaccount:elsewhere:ours-operator" in text
    assert "system:serviceaccount:elsewhere:ours-verifier" in text
    accounts = {account["metadata"]["name"] for account in of_kind(documents, "ServiceAccount")}
    assert accounts == {"ours-operator", "ours-verifier"}


@pytest.mark.parametrize(
    ("values", "absent"),
    [
        pytest.param({"crds": {"enabled": False}}, {"CustomResourceDefinition"}, id="the kinds"),
        pytest.param({"policies": {"enabled": False}}, POLICIES, id="the policies"),
    ],
)
def test_kinds_and_policies_can_be_installed_by_another_hand(
    control_plane: ControlPlane, values: Json, absent: set[str]
) -> None:
    assert kinds(rendered(control_plane)) - kinds(rendered(control_plane, values)) == absent


def test_helm_is_told_to_keep_kinds_and_policies_and_nothing_else(control_plane: ControlPlane) -> None:
    def kept(documents: list[Json]) -> set[str]:
        return kinds(
            document
            for document in documents
            if "helm.sh/resource-policy" in (document["metadata"].get("annotations") or {})
        )

    assert kept(rendered(control_plane)) == {"CustomResourceDefinition", *POLICIES}
    assert kept(rendered(control_plane, {"crds": {"keep": False}})) == set()


def test_the_catalog_is_that_of_the_examples(control_plane: ControlPlane) -> None:
    examples = (CHART.parents[1] / "examples" / "01-roles.yaml").read_text(encoding="utf-8")

    found = of_kind(rendered(control_plane, {"roles": {"create": True}}), "ApiRole")

    assert {role["metadata"]["name"]: role["spec"] for role in found} == {
        role["metadata"]["name"]: role["spec"] for role in yaml.safe_load_all(examples)
    }


def test_extra_objects_may_be_objects_or_texts_with_templates_in_them(control_plane: ControlPlane) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}-text'}"
    as_object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ .Release.Name }}-object"}}

    found = of_kind(rendered(control_plane, {"extraObjects": [text, as_object]}), "ConfigMap")

    assert [document["metadata"]["name"] for document in found] == ["pharia-access-text", "pharia-access-object"]


@pytest.mark.parametrize(
    ("render", "arguments", "monitors"),
    [
        pytest.param("never", ["--api-versions=monitoring.coreos.com/v1/ServiceMonitor"], 0, id="never"),
        pytest.param("ifKnown", [], 0, id="a kind that the cluster does not know"),
        pytest.param("ifKnown", ["--api-versions=monitoring.coreos.com/v1/ServiceMonitor"], 2, id="one that it knows"),
        pytest.param("always", [], 2, id="always"),
    ],
)
def test_service_monitors_come_as_asked_with_services_that_they_select(
    control_plane: ControlPlane, render: str, arguments: list[str], monitors: int
) -> None:
    documents = rendered(control_plane, {"metrics": {"serviceMonitor": {"render": render}}}, *arguments)

    services = {found["metadata"]["name"]: found["metadata"]["labels"] for found in of_kind(documents, "Service")}
    found = of_kind(documents, "ServiceMonitor")

    assert len(found) == monitors
    for monitor in found:
        wanted: dict[str, Any] = monitor["spec"]["selector"]["matchLabels"]
        selected = [name for name, labels in services.items() if wanted.items() <= labels.items()]
        assert selected == [monitor["metadata"]["name"]]


@pytest.mark.parametrize(("last_used", "verbs"), [(True, ["patch"]), (False, [])])
def test_the_verifier_may_write_only_where_last_uses_are_kept(
    control_plane: ControlPlane, *, last_used: bool, verbs: list[str]
) -> None:
    documents = rendered(control_plane, {"verifier": {"settings": {"lastUsed": last_used}}})
    (role,) = (role for role in of_kind(documents, "ClusterRole") if role["metadata"]["name"].endswith("-verifier"))

    assert [verb for rule in role["rules"] for verb in rule["verbs"] if verb not in {"list", "watch"}] == verbs


@pytest.mark.parametrize(
    ("settings", "may_write", "may_review"),
    [
        pytest.param({}, ["apitokens/status"], False, id="by default"),
        pytest.param({"serviceAccounts": True}, ["apitokens/status", "apicredentials/status"], False, id="holders"),
        pytest.param(
            {"serviceAccounts": True, "serviceAccountsBoundObjects": "live"},
            ["apitokens/status", "apicredentials/status"],
            True,
            id="holders whose pods are looked for",
        ),
        pytest.param({"serviceAccountsBoundObjects": "live"}, ["apitokens/status"], False, id="no holders"),
        pytest.param({"serviceAccounts": True, "lastUsed": False}, [], False, id="no times of last use"),
    ],
)
@pytest.mark.parametrize("namespaces", [[], ["finance"]], ids=["everywhere", "in one namespace"])
def test_the_verifier_may_write_and_review_no_more_than_its_settings_need(
    control_plane: ControlPlane, *, settings: Json, may_write: list[str], may_review: bool, namespaces: list[str]
) -> None:
    values = {"verifier": {"settings": settings}, "watchNamespaces": namespaces}
    documents = rendered(control_plane, values)

    rights = given(documents, "pharia-access-verifier")

    assert {right.resource for right in rights if right.verb == "patch"} == set(may_write)
    assert (Right("create", "authentication.k8s.io", "tokenreviews") in rights) == may_review
    assert {right.verb for right in rights} <= {"list", "watch", "get", "patch", "create"}
