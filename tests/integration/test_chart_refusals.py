"""Values that are refused before anything is installed, with what the person is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tools.control_plane.charts import Json, container, nested, rendered
from tools.control_plane.processes import ProcessError

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

CERTIFIED = {"verifier.tls.certificate.enabled": True, "verifier.tls.certificate.issuerRef": {"name": "ours"}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("settings.workers", "3", id="a text for a number"),
        pytest.param("settings.requireGuards", "yes", id="a text for a truth"),
        pytest.param("settings.gitopsLabels", "a", id="a text for a list"),
        pytest.param("metrics.serviceMonitor.render", True, id="a truth for a word"),
        pytest.param("operator.podLabels.a", 1, id="a number for a label"),
        pytest.param("verifier.tls", "ours", id="a text for a section"),
        pytest.param("extraObjects", [1], id="a number for an object"),
    ],
)
def test_a_value_of_a_wrong_type_is_refused_by_the_schema(
    control_plane: ControlPlane, path: str, value: object
) -> None:
    with pytest.raises(ProcessError, match=rf"at '/{path.replace('.', '/')}.*': got \w+, want"):
        rendered(control_plane, nested({path: value}))


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        pytest.param("settings.workers", 65, "must be a whole number from 1 to 64", id="a setting out of bounds"),
        pytest.param("settings.defaultTTL", "30d", "must be a duration from 1s to 8784h", id="a duration in days"),
        pytest.param(
            "verifier.settings.viewBound", 5, "must be a duration from 10s to 1h", id="a number for a duration"
        ),
        pytest.param("settings.wrokers", 3, "is no value of this chart: there are argon2", id="a misspelled setting"),
        pytest.param("operater.replicas", 2, "is no value of this chart: there are crds", id="a misspelled section"),
        pytest.param("replicaCount", 2, "did you mean operator.replicas or verifier.replicas?", id="a word of others"),
        pytest.param("tolerations", [], "did you mean operator.tolerations or", id="a value at another place"),
        pytest.param("image.digest", "latest", "must be sha256: and 64 hexadecimal digits", id="a digest that is none"),
        pytest.param("image.registry", "example.com/", "must be a registry's name such as", id="a slash at the end"),
        pytest.param("watchNamespaces", ["*"], "must be a list of at most 64 names", id="a pattern for a namespace"),
        pytest.param("watchNamespaces", ["a", "a"], "each once", id="a namespace twice"),
        pytest.param("networkPolicy.apiServer.ports", [], "must be a list of 1 to 16", id="no way to the API server"),
        pytest.param("networkPolicy.apiServer.cidrs", ["10.0.0.1"], "ranges of addresses", id="an address for a range"),
        pytest.param("verifier.podDisruptionBudget.maxUnavailable", 0, "a number from 1 on", id="a budget of nothing"),
        pytest.param(
            "verifier.service.type", "ExternalName", "must be one of ClusterIP", id="an unfit kind of Service"
        ),
        pytest.param("metrics.serviceMonitor.interval", "1d", "must be a duration such as", id="days for Prometheus"),
        pytest.param(
            "metrics.prometheusRule.runbooks", "https://a b", "must be an address", id="a blank in an address"
        ),
    ],
)
def test_a_wrong_value_is_refused_with_a_sentence_that_names_it(
    control_plane: ControlPlane, path: str, value: object, sentence: str
) -> None:
    with pytest.raises(ProcessError, match=rf"(?m)^{re.escape(path.partition('.')[0])}\S* .*{re.escape(sentence)}"):
        rendered(control_plane, nested({path: value}))


LONGEST = "a" * 54


@pytest.mark.parametrize(
    ("path", "name", "good"),
    [
        pytest.param("fullnameOverride", "Ours", False, id="capitals for a prefix"),
        pytest.param("fullnameOverride", "our.s", False, id="a dot in a prefix"),
        pytest.param("fullnameOverride", "1st", False, id="a digit before a Service's name"),
        pytest.param("fullnameOverride", "ours-", False, id="a dash at a prefix's end"),
        pytest.param("fullnameOverride", f"{LONGEST}a", False, id="a long prefix"),
        pytest.param("fullnameOverride", LONGEST, True, id="the longest prefix"),
        pytest.param("nameOverride", "Ours", False, id="capitals"),
        pytest.param("nameOverride", "our.s", False, id="a dot"),
        pytest.param("nameOverride", f"{LONGEST}a", False, id="a long name"),
        pytest.param("nameOverride", "1st", True, id="a digit within a name"),
        pytest.param("verifier.tls.secretName", "My_Secret", False, id="a Secret's name with an underscore"),
        pytest.param("verifier.tls.secretName", "a" * 254, False, id="a Secret's name that is too long"),
        pytest.param("verifier.tls.secretName", "my.secret", True, id="a Secret's name with a dot"),
        pytest.param("verifier.tokenReview.secretName", "A", False, id="capitals for a Secret"),
        pytest.param("verifier.tokenReview.clientCASecretName", "a/b", False, id="a slash in a Secret's name"),
        pytest.param("imagePullSecrets", ["a b"], False, id="a blank in a Secret's name"),
        pytest.param("global.imagePullSecrets", [{"name": "A"}], False, id="a parent's Secret with capitals"),
        pytest.param("imagePullSecrets", [{"name": "ours"}, "theirs"], True, id="a Secret as a pod names it"),
        pytest.param("image.registry", "https://example.com", False, id="a scheme before a registry"),
        pytest.param("image.registry", "example.com:5000/our/team", True, id="a registry with a port and a path"),
        pytest.param("image.registry", "example.com/Ours", False, id="capitals in a registry's path"),
        pytest.param("global.imageRegistry", "https://example.com/", False, id="a scheme before a parent's registry"),
        pytest.param("global.imageRegistry", "[2001:db8::1]:5000/", True, id="a parent's registry by its address"),
        pytest.param("image.repository", "Pharia-Access", False, id="capitals in an image's name"),
        pytest.param("image.repository", "ours//pharia-access", False, id="an image's name with a hole"),
        pytest.param("image.repository", "pharia-access:v1", False, id="a tag in an image's name"),
        pytest.param("image.repository", "example.com:5000/our_s/pharia--access", True, id="a whole name of an image"),
        pytest.param("settings.leaseName", "our.lease", False, id="a dot in a Lease's name"),
        pytest.param("operator.priorityClassName", "Very_High", False, id="a PriorityClass with capitals"),
        pytest.param("verifier.tls.certificate.dnsNames", ["-a.example.com"], False, id="a host's name with a dash"),
        pytest.param("verifier.tls.certificate.dnsNames", ["*.example.com"], True, id="every host of a domain"),
    ],
)
def test_a_name_that_kubernetes_would_not_take_is_refused_with_a_sentence(
    control_plane: ControlPlane, path: str, name: object, *, good: bool
) -> None:
    if good:
        assert rendered(control_plane, nested({path: name}))
        return
    with pytest.raises(ProcessError, match=rf"(?m)^{re.escape(path)} must be "):
        rendered(control_plane, nested({path: name}))


@pytest.mark.parametrize(
    ("values_", "named"),
    [
        pytest.param({"settings.workers": 5}, '"settings.workers"', id="a setting"),
        pytest.param({"networkPolicy.enabled": False}, '"networkPolicy.enabled"', id="a switch"),
        pytest.param({"verifier": {"tls.secretName": "ours"}}, 'verifier."tls.secretName"', id="within a section"),
    ],
)
def test_a_key_with_dots_is_refused_and_not_left_unread(control_plane: ControlPlane, values_: Json, named: str) -> None:
    with pytest.raises(ProcessError, match=rf"(?m)^{re.escape(named)} is no value of this chart: no key has a dot"):
        rendered(control_plane, values_)


def test_what_is_said_fits_on_a_screen(control_plane: ControlPlane) -> None:
    with pytest.raises(ProcessError) as refused:
        rendered(control_plane, {f"key{number}": 1 for number in range(100)})

    said = str(refused.value)
    assert said.count("is no value of this chart") == 20
    assert said.count("there are crds") == 1
    assert "\nand 80 more\n" in said


@pytest.mark.parametrize(
    ("release", "good"),
    [
        pytest.param("1st", False, id="a digit first"),
        pytest.param("a.b", False, id="a dot"),
        pytest.param("r" * 53, True, id="the longest"),
        pytest.param(f"{'r' * 38}-{'x' * 14}", True, id="one whose prefix would end in a dash"),
    ],
)
def test_a_releases_name_that_a_service_cannot_have_is_refused_with_the_way_out(
    control_plane: ControlPlane, release: str, *, good: bool
) -> None:
    if good:
        documents = rendered(control_plane, release=release)
        assert not [name for name in (document["metadata"]["name"] for document in documents) if "--" in name]
        return
    with pytest.raises(ProcessError, match="set fullnameOverride"):
        rendered(control_plane, release=release)
    assert rendered(control_plane, {"fullnameOverride": "ours"}, release=release)


@pytest.mark.parametrize(
    ("values_", "advice"),
    [
        pytest.param(
            {"verifier.autoscaling.enabled": True, "verifier.autoscaling.minReplicas": 11},
            "lower the one or raise the other",
            id="more than most",
        ),
        pytest.param(
            {"verifier.autoscaling.enabled": True, "verifier.resources": {"requests": {"cpu": None}}},
            "set verifier.resources.requests.cpu",
            id="a share of no request",
        ),
        pytest.param({**CERTIFIED, "verifier.tls.secretName": "tls"}, "unset one of them", id="two certificates"),
        pytest.param(
            {"verifier.tls.certificate.enabled": True},
            "set verifier.tls.certificate.issuerRef.name",
            id="a certificate that nobody signs",
        ),
        pytest.param(
            {"verifier.settings.tokenReview": True},
            "needs verifier.tokenReview.secretName and verifier.tokenReview.clientCASecretName: set both",
            id="token reviews without TLS",
        ),
        pytest.param({"verifier.settings.port": 8080}, "give each a number of its own", id="two servers at one port"),
        pytest.param(
            {"rbac": {"aggregate": False, "editMayMint": True}}, "set rbac.aggregate to true", id="a grant to nobody"
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused_with_advice(
    control_plane: ControlPlane, values_: Json, advice: str
) -> None:
    with pytest.raises(ProcessError, match=re.escape(advice)):
        rendered(control_plane, nested(values_))


def test_what_a_parent_chart_sets_is_accepted(control_plane: ControlPlane) -> None:
    documents = rendered(control_plane, {"enabled": True, "global": {"storageClass": "fast", "imageRegistry": None}})

    assert container(documents)["image"].startswith("pharia-access:")
