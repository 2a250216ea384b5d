"""What tests of the gateways' pages need beside the gateways that every machine can have.

Envoy Gateway's kinds, and its translator, which needs no cluster; and kube-rbac-proxy. Each is built from a Go module
of ours. `make gateways` builds them; what nobody built, its tests are skipped for.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from tools.build_oathkeeper import ensure_oathkeeper
from tools.go_build import GoModule
from tools.go_toolchain import BuildError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["built_egctl", "built_envoy_gateway_kinds", "built_kube_rbac_proxy", "main"]

_ENVOY_GATEWAY = GoModule("envoy-gateway", go=(1, 26), minutes=10)
_KUBE_RBAC_PROXY = GoModule("kube-rbac-proxy", go=(1, 26), minutes=4)
_KINDS: Final[Mapping[str, str]] = {"envoy-gateway": "."}
_EGCTL: Final[Mapping[str, str]] = {"egctl": "github.com/envoyproxy/gateway/cmd/egctl"}
_PROXY: Final[Mapping[str, str]] = {"kube-rbac-proxy": "github.com/brancz/kube-rbac-proxy/cmd/kube-rbac-proxy"}


def built_envoy_gateway_kinds() -> Path | None:
    """Answer where the program is that prints the kinds, or None where nobody built it."""
    return _built(_ENVOY_GATEWAY, "envoy-gateway")


def built_egctl() -> Path | None:
    """Answer where Envoy Gateway's translator is, or None where nobody built it."""
    return _built(_ENVOY_GATEWAY, "egctl")


def built_kube_rbac_proxy() -> Path | None:
    """Answer where kube-rbac-proxy is, or None where nobody built it."""
    return _built(_KUBE_RBAC_PROXY, "kube-rbac-proxy")


def main() -> int:
    """Build all of them, and Oathkeeper; answer the exit status."""
    try:
        ensure_oathkeeper()
        _ENVOY_GATEWAY.ensure(_KINDS)
        _KUBE_RBAC_PROXY.ensure(_PROXY)
        _ENVOY_GATEWAY.ensure(_EGCTL)
    except BuildError as error:
        print(f"gateways: {error}", file=sys.stderr)
        return 1
    return 0


def _built(module: GoModule, name: str) -> Path | None:
    program = module.binaries / name
    return program if program.exists() else None


if __name__ == "__main__":
    sys.exit(main())
