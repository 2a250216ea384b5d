"""Values that are refused before anything is installed, with what the person is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.charts import Json, container, nested, rendered
from tests.support.processes import ProcessError

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane

CERTIFIED = {"verifier.tls.certificate.enabled": True, "verifier.tls.certificate.issuerRef": {"name": "ours"}}


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        pytest.param("settings.workers", 65, "/settings/workers", id="a setting out of bounds"),
        pytest.param("settings.defaultTTL", "30d", "/settings/defaultTTL", id="a duration in days"),
        pytest.param("verifier.settings.viewBound", 5, "/verifier/settings/viewBound", id="a number for a duration"),
        pytest.param("settings.wrokers", 3, "additional properties 'wrokers'", id="a misspelled setting"),
        pytest.param("operater.replicas", 2, "additional properties 'operater'", id="a misspelled section"),
        pytest.param("image.digest", "latest", "/image/digest", id="a digest that is none"),
        pytest.param("image.registry", "example.com/", "/image/registry", id="a registry with a slash"),
        pytest.param("watchNamespaces", ["*"], "/watchNamespaces/0", id="a pattern for a namespace"),
        pytest.param("watchNamespaces", ["a", "a"], "/watchNamespaces", id="a namespace twice"),
        pytest.param(
            "networkPolicy.apiServer.ports", [], "/networkPolicy/apiServer/ports", id="no way to the API server"
        ),
        pytest.param("networkPolicy.apiServer.cidrs", ["10.0.0.1"], "cidrs/0", id="an address for a range"),
        pytest.param("metrics.serviceMonitor.render", True, "/metrics/serviceMonitor/render", id="yes for a word"),
        pytest.param("verifier.podDisruptionBudget.maxUnavailable", 0, "maxUnavailable", id="a budget of nothing"),
        pytest.param("verifier.service.type", "ExternalName", "/verifier/service/type", id="an unfit kind of Service"),
        pytest.param("extraObjects", [1], "/extraObjects/0", id="a number for an object"),
    ],
)
def test_a_wrong_value_is_refused_by_the_schema(
    control_plane: ControlPlane, path: str, value: object, complaint: str
) -> None:
    with pytest.raises(ProcessError, match=re.escape(complaint)):
        rendered(control_plane, nested({path: value}))


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
