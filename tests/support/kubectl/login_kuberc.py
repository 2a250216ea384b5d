"""Rows with a kuberc, kubectl's file of preferences, that has `proxy` and `config view` sign in otherwise.

`kubectl get` takes nothing from what is preferred for others; nor may kubectl access, which runs those two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from tests.support.kubectl.login_rows import Row, write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["PREFERENCES"]

Json = dict[str, Any]


_COMMANDS = ("proxy", "config view")


def _preferred(
    option: str,
    value: str,
    commands: tuple[str, ...] = _COMMANDS,
    **more: Any,  # noqa: ANN401 - fields of a row
) -> Row:
    def arrange(_config: Json, home: Path, _facts: Mapping[str, str]) -> None:
        options = [{"name": option, "default": value}]
        defaults = [{"command": command, "options": options} for command in commands]
        kind = {"apiVersion": "kubectl.config.k8s.io/v1beta1", "kind": "Preference"}
        write(home / ".kube" / "kuberc", yaml.safe_dump({**kind, "defaults": defaults}))

    return Row(f"a kuberc with {option}", arrange=arrange, **more)


PREFERENCES = (
    _preferred("as", "jane"),
    _preferred("as-uid", "7"),
    _preferred("token", "wrong"),
    _preferred("user", "another"),
    _preferred("context", "another"),
    _preferred("cluster", "another"),
    _preferred("kubeconfig", "/no"),
    _preferred("server", "https://127.0.0.1:1"),
    _preferred("tls-server-name", "example.com"),
    _preferred("certificate-authority", "/no"),
    _preferred("client-certificate", "/no"),
    _preferred("insecure-skip-tls-verify", "true", cluster={"certificate-authority-data": ""}),
    _preferred("request-timeout", "1ns"),
    _preferred("reject-paths", ".", ("proxy",)),
    _preferred("minify", "true", ("config view",)),
)
