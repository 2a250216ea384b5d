"""Every value of the chart does something, and what it makes is what Kubernetes takes."""

from __future__ import annotations

import functools
import json
import re
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.durations import parse_duration
from tests.support.documents.schemas import VERSIONS, complaints
from tools.chart_forms import forms
from tools.control_plane.charts import Json, container, environment, nested, of_kind, rendered
from tools.control_plane.installation import CHART
from tools.values_reference import values

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

SPREAD = [{"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}]
PEERS = [{"ipBlock": {"cidr": "192.0.2.0/24"}}]
MONITORED = {"metrics.serviceMonitor.render": "always", "metrics.prometheusRule.render": "always"}
DASHBOARD = {"metrics.dashboard.enabled": True}
AUTOSCALED = {"verifier.autoscaling.enabled": True}
CERTIFIED = {"verifier.tls.certificate.enabled": True, "verifier.tls.certificate.issuerRef": {"name": "ours"}}
REVIEWED = {
    "verifier.settings.tokenReview": True,
    "verifier.tokenReview": {"secretName": "review", "clientCASecretName": "authority"},
}
OF_A_POD: Json = {
    "replicas": 3,
    "serviceAccount.annotations": {"example.com/a": "b"},
    "podAnnotations": {"example.com/a": "b"},
    "podLabels": {"example.com/a": "b"},
    "resources": {"requests": {"cpu": "2"}},
    "podSecurityContext": {"runAsUser": None},
    "securityContext": {"runAsUser": 7},
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"operator": "Exists"}],
    "affinity": {"podAntiAffinity": {}},
    "topologySpreadConstraints": SPREAD,
    "priorityClassName": "system-cluster-critical",
}

# Each value, and another than its default; where it only counts beside others, those too.
OTHERWISE: dict[str, tuple[object, Json]] = {
    "global.imageRegistry": ("registry.example.com", {}),
    "global.imagePullSecrets": (["one", {"name": "two"}], {}),
    "nameOverride": ("another", {}),
    "fullnameOverride": ("another", {}),
    "watchNamespaces": (["finance"], {}),
    "image.registry": ("registry.example.com", {}),
    "image.repository": ("ours/pharia-access", {}),
    "image.tag": ("v9", {}),
    "image.digest": (f"sha256:{'0' * 64}", {}),
    "image.pullPolicy": ("Always", {}),
    "imagePullSecrets": (["registry"], {}),
    "crds.enabled": (False, {}),
    "crds.keep": (False, {}),
    "policies.enabled": (False, {}),
    "roles.create": (True, {}),
    "rbac.aggregate": (False, {}),
    "rbac.editMayMint": (True, {}),
    "rbac.catalog": (False, {}),
    "rotation.everywhere": (True, {}),
    "networkPolicy.enabled": (False, {}),
    "networkPolicy.apiServer.ports": ([8443], {}),
    "networkPolicy.apiServer.cidrs": (["10.96.0.1/32", "2001:db8::1/128"], {}),
    "networkPolicy.metricsFrom": (PEERS, {}),
    "networkPolicy.checksFrom": (PEERS, {}),
    "networkPolicy.tokenReviewFrom": (PEERS, REVIEWED),
    "networkPolicy.extraEgress": ([{"ports": [{"port": 53, "protocol": "UDP"}]}], {}),
    "metrics.serviceMonitor.render": ("always", {}),
    "metrics.serviceMonitor.labels": ({"release": "prometheus"}, MONITORED),
    "metrics.serviceMonitor.interval": ("1m", MONITORED),
    "metrics.serviceMonitor.scrapeTimeout": ("5s", MONITORED),
    "metrics.prometheusRule.render": ("always", {}),
    "metrics.prometheusRule.runbooks": ("https://example.com/runbooks", MONITORED),
    "metrics.prometheusRule.labels": ({"release": "prometheus"}, MONITORED),
    "metrics.dashboard.enabled": (True, {}),
    "metrics.dashboard.labels": ({"grafana_dashboard": "yes"}, DASHBOARD),
    "metrics.dashboard.annotations": ({"grafana_folder": "Access"}, DASHBOARD),
    "helmTest.resources": ({"limits": {"cpu": "1"}}, {}),
    "extraObjects": (
        [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ .Release.Name }}-extra"}}],
        {},
    ),
    **{f"operator.{path}": (value, {}) for path, value in OF_A_POD.items()},
    **{f"verifier.{path}": (value, {}) for path, value in OF_A_POD.items()},
    "operator.podDisruptionBudget.enabled": (False, {"operator.replicas": 2}),
    "operator.podDisruptionBudget.maxUnavailable": ("50%", {"operator.replicas": 2}),
    "verifier.podDisruptionBudget.enabled": (False, {}),
    "verifier.podDisruptionBudget.maxUnavailable": (2, {}),
    "verifier.autoscaling.enabled": (True, {}),
    "verifier.autoscaling.minReplicas": (3, AUTOSCALED),
    "verifier.autoscaling.maxReplicas": (4, AUTOSCALED),
    "verifier.autoscaling.targetCPUUtilizationPercentage": (50, AUTOSCALED),
    "verifier.autoscaling.behavior": ({"scaleDown": {"stabilizationWindowSeconds": 60}}, AUTOSCALED),
    "verifier.service.type": ("LoadBalancer", {}),
    "verifier.service.annotations": ({"example.com/a": "b"}, {}),
    "verifier.tls.secretName": ("tls", {}),
    "verifier.tls.certificate.enabled": (True, {"verifier.tls.certificate.issuerRef": {"name": "ours"}}),
    "verifier.tls.certificate.issuerRef": ({"name": "theirs"}, CERTIFIED),
    "verifier.tls.certificate.dnsNames": (["access.example.com"], CERTIFIED),
    "verifier.tls.certificate.duration": ("2160h", CERTIFIED),
    "verifier.tls.certificate.renewBefore": ("360h", CERTIFIED),
    "verifier.tokenReview.secretName": ("another", REVIEWED),
    "verifier.tokenReview.clientCASecretName": ("another", REVIEWED),
}
TAKE_AWAY = {path for path, (value, _) in OTHERWISE.items() if value is False and path != "crds.keep"}


def is_setting(path: str) -> bool:
    return path.startswith(("settings.", "verifier.settings."))


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart with alerts and a dashboard of the test's own."""
    copy = tmp_path_factory.mktemp("chart") / "pharia-access"
    shutil.copytree(CHART, copy)
    rule = '{alert: Down, expr: up == 0, annotations: {url: "RUNBOOKS/{{ $labels.pod }}"}}'
    (copy / "files" / "alerts.yaml").write_text(f"groups: [{{name: ours, rules: [{rule}]}}]")
    (copy / "files" / "dashboard.json").write_text('{"title": "{{ pod }}"}')
    return copy


def test_every_value_is_in_the_table_of_this_test() -> None:
    assert set(OTHERWISE) == {value.path for value in values() if not is_setting(value.path)}


@pytest.fixture(scope="module")
def render(control_plane: ControlPlane, chart: Path) -> Callable[[str], list[Json]]:
    """Renders flat values, given as JSON; each only once."""
    return functools.cache(lambda flat: rendered(control_plane, nested(json.loads(flat)), chart=chart))


@pytest.mark.parametrize("path", OTHERWISE)
def test_a_value_changes_what_is_installed_into_something_that_kubernetes_takes(
    render: Callable[[str], list[Json]], path: str
) -> None:
    value, beside = OTHERWISE[path]

    usual = render(json.dumps(beside))
    changed = [document for document in render(json.dumps({**beside, path: value})) if document not in usual]

    assert changed or path in TAKE_AWAY
    assert [
        found for document in changed for version in VERSIONS for found in schema_complaints(document, version)
    ] == []


@pytest.mark.parametrize("path", sorted(TAKE_AWAY))
def test_a_value_takes_something_away(render: Callable[[str], list[Json]], path: str) -> None:
    value, beside = OTHERWISE[path]

    assert len(render(json.dumps({**beside, path: value}))) < len(render(json.dumps(beside)))


def schema_complaints(document: Json, version: str) -> list[str]:
    """Kubernetes has no schema of other projects' kinds."""
    ours = not document["apiVersion"].startswith(("access.pharia.ai/", "cert-manager.io/", "monitoring.coreos.com/"))
    return complaints(document, version) if ours else []


def test_alerts_and_dashboard_come_as_they_are_but_for_the_address_of_the_runbooks(
    render: Callable[[str], list[Json]],
) -> None:
    values_ = {**MONITORED, **DASHBOARD, "metrics.prometheusRule.runbooks": "https://example.com/runbooks/"}

    (rule,) = of_kind(render(json.dumps(values_)), "PrometheusRule")
    (dashboard,) = of_kind(render(json.dumps(values_)), "ConfigMap")

    alert = rule["spec"]["groups"][0]["rules"][0]
    assert alert["annotations"] == {"url": "https://example.com/runbooks/{{ $labels.pod }}"}
    assert dashboard["data"] == {"pharia-access.json": '{"title": "{{ pod }}"}\n'}


ANOTHER = {
    "logLevel": "debug",
    "logFormat": "text",
    "refuseIssuedBefore": "2027-01-31T00:00:00Z",
    "deleteEndedAfter": "24h",
    "auditClientHeader": "X-Client",
    "introspectionIssuer": "https://verifier.example/access",
    "tokenHeaders": ["x-api-key", "basic"],
    "serviceAccountsBoundObjects": "live",
}
"""Where one more letter or second is no value."""


@pytest.mark.parametrize(("component", "prefix"), [("operator", "settings."), ("verifier", "verifier.settings.")])
def test_every_setting_reaches_the_program(control_plane: ControlPlane, component: str, prefix: str) -> None:
    usual = {value.path: value.default for value in values() if value.path.startswith(prefix)}
    changed = {path: another(path, default) for path, default in usual.items()}
    beside = REVIEWED if component == "verifier" else {}

    found = environment(rendered(control_plane, nested({**beside, **changed})), component)

    assert {path: found[variable(path)] for path in usual} == {path: as_text(value) for path, value in changed.items()}


def another(path: str, default: object) -> object:
    """A value that the chart allows and that is not the default."""
    form = forms()[path].form
    if isinstance(default, bool):
        return True if path.endswith("tokenReview") else not default
    if isinstance(default, int):
        return min(default + 1, form["high"])
    if (name := path.rpartition(".")[2]) in ANOTHER:
        return ANOTHER[name]
    if isinstance(default, list):
        return ["a", "b"]
    if form["kind"] == "duration":
        longer = parse_duration(f"{default}1s") // timedelta(microseconds=1) <= form["high"]
        return f"{default}1s" if longer else {"busyPoll": "99us", "maxTTL": "8783h"}[name]
    return f"{default}1"


def variable(path: str) -> str:
    return "PHARIA_ACCESS_" + re.sub(r"(?<=[a-z0-9])([A-Z]+)", r"_\1", path.rpartition(".")[2]).upper()


def as_text(value: object) -> str:
    return ",".join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_installed_by_default_is_what_each_version_of_kubernetes_takes(
    control_plane: ControlPlane, version: str
) -> None:
    documents = rendered(control_plane, None, f"--kube-version={version}.0")

    assert {document["kind"]: found for document in documents if (found := complaints(document, version))} == {}


def test_the_schemas_do_find_a_field_that_kubernetes_does_not_know(control_plane: ControlPlane) -> None:
    documents = rendered(control_plane)
    container(documents)["portz"] = []

    (found,) = of_kind(documents, "Deployment")[:1]

    assert [complaint for version in VERSIONS for complaint in complaints(found, version)] != []
