"""An Envoy between a gateway and the verifier, as that of a mesh may be."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tools.control_plane.processes import free_port
from tools.gateways.real_gateways import envoy_command, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["tidying_hop"]

_TIDYING_HOP = """\
static_resources:
  listeners:
    - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: hop
                normalize_path: true
                merge_slashes: true
                path_with_escaped_slashes_action: UNESCAPE_AND_FORWARD
                route_config:
                  virtual_hosts: [{{name: hop, domains: ["*"], routes: [{{match: {{prefix: /}}, route: {{cluster: hop}}}}]}}]
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
  clusters:
    - name: hop
      load_assignment:
        cluster_name: hop
        endpoints:
          - lb_endpoints:
              - endpoint: {{address: {{socket_address: {{address: {host}, port_value: {verifier_port}}}}}}}
"""  # noqa: E501 - a name of Envoy's


@contextmanager
def tidying_hop(root: Path, verifier: str) -> Iterator[str]:
    """An Envoy that passes on what it gets with a tidier path, as that of a mesh may; answers its host and port."""
    port = free_port()
    host, verifier_port = verifier.split(":")
    config = _TIDYING_HOP.format(port=port, host=host, verifier_port=verifier_port)
    with running(envoy_command(root, config), root, port):
        yield f"127.0.0.1:{port}"
