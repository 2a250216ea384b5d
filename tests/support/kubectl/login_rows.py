"""How a kubeconfig is written that kubectl and kubectl access try alike: a row of the table.

A text in braces stands for a fact of the world, such as `{token}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Row", "exec_user", "filled", "write"]

Json = dict[str, Any]
Facts = Mapping[str, str]
Arrange = Callable[[Json, "Path", Facts], Mapping[str, str] | None]
_V1 = "client.authentication.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Row:
    """One way to name a login.

    Attributes:
        user, cluster, context: more fields of the kubeconfig's only ones; a user of None is not written.
        options: for both programs.
        arrange: changes the whole kubeconfig, and may write it itself: then it returns the variables.
        in_pod: with a ServiceAccount mounted as in a pod.
    """

    name: str
    user: Json | None = field(default_factory=lambda: {"token": "{token}"})
    cluster: Json = field(default_factory=dict)
    context: Json = field(default_factory=dict)
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    arrange: Arrange = lambda _config, _home, _facts: None
    in_pod: bool = False

    def write(self, home: Path, facts: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """Write it into that folder; the variables and options that name it."""
        facts = {**facts, "home": str(home)}
        cluster = {"server": "{server}", "certificate-authority-data": "{ca_data}", **self.cluster}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {name: value for name, value in cluster.items() if value != ""}}],
            "users": [] if self.user is None else [{"name": "u", "user": self.user}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", **self.context}}],
            "current-context": "x",
        }
        config = filled(config, facts)
        variables = self.arrange(config, home, facts)
        if variables is None:
            variables = {"KUBECONFIG": write(home / "config", yaml.safe_dump(config, sort_keys=False))}
        own = {"HOME": str(home), **variables, **self.environment}
        kept = {name: filled(value, facts) for name, value in own.items() if value != "unset"}
        return kept, [filled(option, facts) for option in self.options]


def write(path: Path, text: str) -> str:
    """Write it for its owner alone; the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    path.chmod(0o600)
    return str(path)


def filled(value: Any, facts: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """The same with the facts in place of what is in braces."""
    if isinstance(value, str):
        for name, fact in facts.items():
            value = value.replace(f"{{{name}}}", fact)
        return value
    if isinstance(value, dict):
        return {name: filled(each, facts) for name, each in value.items()}
    return [filled(each, facts) for each in value] if isinstance(value, list) else value


def exec_user(plugin: str, **more: object) -> Json:
    """A user whom that plugin signs in."""
    return {"exec": {"command": f"{{plugins}}/{plugin}", "apiVersion": _V1, "interactiveMode": "IfAvailable", **more}}
