"""What the chart's pods are, where they run, and who may talk to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tools.control_plane.charts import Json, container, deployment, of_kind, rendered
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tools.control_plane.plane import ControlPlane

CREDENTIALS = "/var/run/secrets/kubernetes.io/serviceaccount"
COMPONENTS = pytest.mark.parametrize("component", ["operator", "verifier"])


def pod(documents: Iterable[Json], component: str) -> Json:
    spec: Json = deployment(documents, component)["spec"]["template"]["spec"]
    return spec


def policy(documents: Iterable[Json], component: str) -> Json:
    (found,) = (
        document["spec"]
        for document in of_kind(documents, "NetworkPolicy")
        if document["metadata"]["name"].endswith(component)
    )
    spec: Json = found
    return spec


@COMPONENTS
def test_a_pod_gets_a_token_that_lives_for_an_hour_and_no_other(control_plane: ControlPlane, component: str) -> None:
    documents = rendered(control_plane)

    spec = pod(documents, component)
    (mount,) = (mount for mount in spec["containers"][0]["volumeMounts"] if mount["mountPath"] == CREDENTIALS)
    (volume,) = (volume for volume in spec["volumes"] if volume["name"] == mount["name"])

    assert spec["automountServiceAccountToken"] is False
    assert {account["automountServiceAccountToken"] for account in of_kind(documents, "ServiceAccount")} == {False}
    assert mount["readOnly"]
    assert volume["projected"]["sources"][0] == {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}}


@COMPONENTS
def test_pods_spread_over_nodes_and_zones_among_their_own(control_plane: ControlPlane, component: str) -> None:
    found = deployment(rendered(control_plane), component)["spec"]

    constraints = found["template"]["spec"]["topologySpreadConstraints"]
    assert [constraint["topologyKey"] for constraint in constraints] == [
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    ]
    assert all(constraint["labelSelector"] == found["selector"] for constraint in constraints)


def test_a_constraint_with_a_selector_of_its_own_keeps_it(control_plane: ControlPlane) -> None:
    selector = {"matchLabels": {"app": "ours"}}
    constraint = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": selector}

    found = pod(rendered(control_plane, {"operator": {"topologySpreadConstraints": [constraint]}}), "operator")

    assert found["topologySpreadConstraints"] == [constraint]


@pytest.mark.parametrize(
    ("values", "image"),
    [
        pytest.param({"image": {"tag": "v9"}}, "pharia-access:v9", id="a tag"),
        pytest.param(
            {"image": {"tag": "v9", "digest": f"sha256:{'0' * 64}"}},
            f"pharia-access@sha256:{'0' * 64}",
            id="a digest decides instead of the tag",
        ),
        pytest.param(
            {"image": {"tag": "v9", "registry": "example.com/ours"}},
            "example.com/ours/pharia-access:v9",
            id="a registry",
        ),
        pytest.param(
            {"image": {"tag": "v9", "registry": "example.com"}, "global": {"imageRegistry": "mirror.example.com"}},
            "mirror.example.com/pharia-access:v9",
            id="a parent chart's registry decides",
        ),
    ],
)
def test_both_pods_run_one_image(control_plane: ControlPlane, values: Json, image: str) -> None:
    documents = rendered(control_plane, values)

    assert {container(documents, component)["image"] for component in ("operator", "verifier")} == {image}


def test_pull_secrets_are_the_charts_and_the_parents_each_once(control_plane: ControlPlane) -> None:
    values = {"imagePullSecrets": ["b", "c"], "global": {"imagePullSecrets": ["a", {"name": "b"}]}}

    found = pod(rendered(control_plane, values), "verifier")

    assert found["imagePullSecrets"] == [{"name": "a"}, {"name": "b"}, {"name": "c"}]


def test_with_an_autoscaler_nothing_else_says_how_many_verifiers_there_are(control_plane: ControlPlane) -> None:
    documents = rendered(control_plane, {"verifier": {"autoscaling": {"enabled": True}}})

    (autoscaler,) = of_kind(documents, "HorizontalPodAutoscaler")
    found = deployment(documents, "verifier")

    assert "replicas" not in found["spec"]
    assert autoscaler["spec"]["scaleTargetRef"]["name"] == found["metadata"]["name"]


@pytest.mark.parametrize(
    ("values", "components"),
    [
        pytest.param({}, ["verifier"], id="by default"),
        pytest.param({"operator": {"replicas": 2}}, ["operator", "verifier"], id="two operators"),
        pytest.param({"verifier": {"replicas": 1}}, [], id="one verifier"),
        pytest.param(
            {"verifier": {"replicas": 1, "autoscaling": {"enabled": True}}},
            ["verifier"],
            id="at least two by autoscaling",
        ),
        pytest.param(
            {"verifier": {"replicas": 3, "autoscaling": {"enabled": True, "minReplicas": 1}}}, [], id="perhaps just one"
        ),
    ],
)
def test_a_disruption_budget_never_holds_up_the_drain_of_a_single_pod(
    control_plane: ControlPlane, values: Json, components: list[str]
) -> None:
    budgets = of_kind(rendered(control_plane, values), "PodDisruptionBudget")

    assert [
        budget["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"] for budget in budgets
    ] == components


# Who talks to whom.


@COMPONENTS
def test_a_pod_calls_the_api_server_and_nobody_else(control_plane: ControlPlane, component: str) -> None:
    to = {"networkPolicy": {"apiServer": {"cidrs": ["10.0.0.1/32"], "ports": [6443]}}}

    found = policy(rendered(control_plane, to), component)

    assert found["policyTypes"] == ["Ingress", "Egress"]
    assert found["egress"] == [
        {"ports": [{"port": 6443, "protocol": "TCP"}], "to": [{"ipBlock": {"cidr": "10.0.0.1/32"}}]}
    ]


@COMPONENTS
def test_a_network_policy_is_about_the_pods_of_its_component_and_ports_that_they_have(
    control_plane: ControlPlane, component: str
) -> None:
    documents = rendered(control_plane)

    found = policy(documents, component)
    opened = {port["port"] for rule in found["ingress"] for port in rule["ports"]}

    assert found["podSelector"] == deployment(documents, component)["spec"]["selector"]
    assert opened == {port["containerPort"] for port in container(documents, component)["ports"]}


def test_a_quota_of_limits_lets_the_pod_of_helm_test_in(control_plane: ControlPlane, namespace: str) -> None:
    limits = {"limits.cpu": "4", "limits.memory": "4Gi", "requests.cpu": "4", "requests.memory": "4Gi"}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "quota"}, "spec": {"hard": limits}}
    (tester,) = of_kind(rendered(control_plane, namespace=namespace), "Pod")
    bare = json.loads(json.dumps(tester))
    del bare["spec"]["containers"][0]["resources"]
    bare["metadata"]["name"] = "bare"

    control_plane.kubectl("create", f"--namespace={namespace}", "--filename=-", stdin=json.dumps(quota))
    wait_until(lambda: "must specify limits.cpu" in created(control_plane, namespace, bare), what="the quota holds")

    assert created(control_plane, namespace, tester) == ""


def created(control_plane: ControlPlane, namespace: str, found: Json) -> str:
    """Tries to create it; what the API server has against it."""
    ask = ("create", f"--namespace={namespace}", "--filename=-", "--dry-run=server")
    return control_plane.kubectl(*ask, stdin=json.dumps(found), check=False).stderr


def test_the_resources_of_the_pod_of_helm_test_are_a_value(control_plane: ControlPlane) -> None:
    resources = {"requests": {"cpu": "1m", "memory": "16Mi"}, "limits": {"cpu": "1", "memory": "128Mi"}}

    (found,) = of_kind(rendered(control_plane, {"helmTest": {"resources": resources}}), "Pod")

    assert found["spec"]["containers"][0]["resources"] == resources
