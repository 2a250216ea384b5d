"""Envoy by Envoy Gateway's manifest: what its own translator makes of it, run by the Envoy of the other tests.

The translator writes what Envoy Gateway would send to its Envoys. Here it stands in one file instead: each reference to
the control plane is replaced by what it leads to, and the addresses of Services by those of the test.
"""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import yaml

from tools.control_plane.processes import free_port
from tools.gateways.gateway_processes import running
from tools.gateways.real_gateways import envoy_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tools.gateways.protected_service import Gateway

__all__ = ["envoy_gateway"]

Json = dict[str, Any]

_AROUND: Final = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: eg}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gateway, namespace: finance}
spec:
  gatewayClassName: eg
  listeners: [{name: http, protocol: HTTP, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: reports, namespace: finance}
spec:
  parentRefs: [{name: gateway}]
  rules: [{backendRefs: [{name: reports, port: 8080}]}]
"""
_SERVICE: Final = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{clusterIP: {address}, ports: [{{name: http, port: {port}, protocol: TCP}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}, namespace: {namespace}, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
endpoints: [{{addresses: [{address}], conditions: {{ready: true}}}}]
ports: [{{name: http, port: {port}, protocol: TCP}}]
"""
_VERIFIER_IP, _REPORTS_IP = "10.96.0.50", "10.96.0.51"


@contextmanager
def envoy_gateway(program: Path, root: Path, manifest: str, verifier: str, service: str) -> Iterator[Gateway]:
    """Envoy as Envoy Gateway sets it up for a route `reports` with this manifest.

    Args:
        program: the translator.
        root: a folder for it.
        manifest: a SecurityPolicy for that route, and what it needs.
        verifier: host and port.
        service: host and port of what is protected.
    """
    port = free_port()
    places = {_VERIFIER_IP: verifier, _REPORTS_IP: service}
    config = _in_one_file(_translated(program, root, manifest), port, places)
    with running(envoy_command(root, yaml.safe_dump(config)), root, port) as gateway:
        yield gateway


def _translated(program: Path, root: Path, manifest: str) -> list[Json]:
    """What the translator writes for Envoy. Raises CalledProcessError."""
    services = [
        _SERVICE.format(name="pharia-access-verifier", namespace="pharia-access-system", address=_VERIFIER_IP, port=80),
        _SERVICE.format(name="reports", namespace="finance", address=_REPORTS_IP, port=8080),
    ]
    file = root / "resources.yaml"
    file.write_text("---\n".join([_AROUND, *services, manifest]), encoding="utf-8")
    argv: list[str | Path] = [
        program,
        "experimental",
        "translate",
        "--from",
        "gateway-api",
        "--to",
        "xds",
        "--file",
        file,
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    (found,) = yaml.safe_load(done.stdout)["xds"].values()
    configs: list[Json] = found["configs"]
    return configs


def _in_one_file(configs: list[Json], port: int, places: Mapping[str, str]) -> Json:
    """A configuration that needs no control plane."""
    routes = {each["routeConfig"]["name"]: _plain(each["routeConfig"]) for each in _all(configs, "dynamicRouteConfigs")}
    endpoints = {
        each["endpointConfig"]["clusterName"]: _plain(each["endpointConfig"])
        for each in _all(configs, "dynamicEndpointConfigs")
    }
    listeners = [each["activeState"]["listener"] for each in _all(configs, "dynamicListeners")]
    (listener,) = (each for each in listeners if "ready" not in each["name"])
    listener["address"] = _address(f"127.0.0.1:{port}")
    for manager in _managers(listener):
        manager["routeConfig"] = routes[manager.pop("rds")["routeConfigName"]]
    clusters = [_plain(each["cluster"]) for each in _all(configs, "dynamicActiveClusters")]
    for cluster in clusters:
        cluster.pop("edsClusterConfig", None)
        assignment = endpoints[cluster["name"]]
        cluster |= {"type": "STATIC", "loadAssignment": _placed(assignment, places)}
    return {"staticResources": {"listeners": [_plain(listener)], "clusters": clusters}}


def _all(configs: list[Json], kind: str) -> list[Json]:
    return [each for config in configs for each in config.get(kind, [])]


def _plain(resource: Json) -> Json:
    """Without the name of its type, which only a control plane's answer has."""
    return {name: value for name, value in resource.items() if name != "@type"}


def _managers(listener: Json) -> list[Json]:
    chains = [*listener.get("filterChains", []), listener.get("defaultFilterChain", {})]
    configs = [one["typedConfig"] for chain in chains for one in chain.get("filters", [])]
    return [config for config in configs if "rds" in config]


def _placed(assignment: Json, places: Mapping[str, str]) -> Json:
    """With the test's address in the place of a Service's."""
    for group in assignment["endpoints"]:
        for endpoint in group["lbEndpoints"]:
            shown = endpoint["endpoint"]["address"]["socketAddress"]["address"]
            endpoint["endpoint"]["address"] = _address(places[shown])
    return assignment


def _address(place: str) -> Json:
    host, port = place.split(":")
    return {"socketAddress": {"address": host, "portValue": int(port)}}
