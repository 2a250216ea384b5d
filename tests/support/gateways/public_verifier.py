"""A public name for the verifier beside a protected service, over the connections that the gateway's checks use.

As somebody sets one up for whoami or introspection, and with all that lets a client write much to the verifier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tools.gateways.real_gateways import Changes

__all__ = ["FOR_NGINX", "for_envoy"]

FOR_NGINX: Final = """
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://pharia_access;
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_set_header Host $host;
        }}
    }}
"""
"""For the block of http, with the usual lines for websockets."""

_LISTENER: Final = """\
    - name: verifier
      address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: verifier
                upgrade_configs: [{{upgrade_type: websocket}}, {{upgrade_type: h2c}}]
                route_config:
                  virtual_hosts: [{{name: all, domains: ["*"], routes: [{{match: {{prefix: /}}, route: {{cluster: pharia_access}}}}]}}]
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
"""  # noqa: E501 - a name of Envoy's


def for_envoy(port: int) -> Changes:
    """Another listener."""
    return {"  clusters:\n": _LISTENER.format(port=port) + "  clusters:\n"}
