"""What to commit, as YAML. Texts are written as in JSON, which YAML reads as the same texts."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pharia_access.domain.administration.git_change import GitChange
from pharia_access.services.administration.refusals import MissingRight

__all__ = ["manifest_of", "role_of"]

_PLAIN: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)+")
"""A name that YAML takes for nothing else."""


def manifest_of(change: GitChange) -> str:
    """The object, with the fields that are to change."""
    metadata = {"name": change.key.name, "namespace": change.key.namespace}
    body: dict[str, Any] = {"metadata": metadata, **({"spec": change.spec} if change.spec is not None else {})}
    return "\n".join([f"apiVersion: {change.api_version}", f"kind: {change.kind}", *_lines(body, "")])


def role_of(right: MissingRight) -> str:
    """The role of RBAC that allows just that."""
    resource, _, group = right.resource.partition(".")
    name = f"pharia-access-{right.verb}-{resource.replace('/', '-')}"
    place = {"namespace": right.namespace} if right.namespace else {}
    kind = "Role" if right.namespace else "ClusterRole"
    rule = json.dumps({"apiGroups": [group], "resources": [resource], "verbs": [right.verb]})
    metadata = _lines({"metadata": {"name": name, **place}}, "")
    return "\n".join(["apiVersion: rbac.authorization.k8s.io/v1", f"kind: {kind}", *metadata, "rules:", f"- {rule}"])


def _lines(part: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, value in part.items():
        match value:
            case Mapping() if value:
                yield f"{indent}{name}:"
                yield from _lines(value, f"{indent}  ")
            case list() | tuple() if value:
                yield f"{indent}{name}:"
                yield from (f"{indent}  - {_scalar(each)}" for each in value)
            case _:
                yield f"{indent}{name}: {_scalar(value)}"


def _scalar(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return json.dumps(value)
