"""Which workloads read a Secret, by their pod templates: as an environment variable, or as a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["SecretWorkloads", "reads_secret"]

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SecretWorkloads:
    """The workloads that read a Secret, such as `deployment/invoice-bot`.

    Attributes:
        certain: whether all workloads of the namespace were looked at.
    """

    workloads: tuple[str, ...] = ()
    certain: bool = False


def reads_secret(pod_spec: Json, secret: str) -> bool:
    """Return whether a pod of this spec reads the Secret. Total: whatever cannot be understood reads nothing."""
    return secret in _named(pod_spec)


def _named(pod_spec: Json) -> Iterator[object]:
    for container in (*_all(pod_spec, "containers"), *_all(pod_spec, "initContainers")):
        for source in _all(container, "envFrom"):
            yield _part(source, "secretRef").get("name")
        for variable in _all(container, "env"):
            yield _part(_part(variable, "valueFrom"), "secretKeyRef").get("name")
    for volume in _all(pod_spec, "volumes"):
        yield _part(volume, "secret").get("secretName")
        for source in _all(_part(volume, "projected"), "sources"):
            yield _part(source, "secret").get("name")


def _all(body: Json, name: str) -> list[Json]:
    found = body.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _part(body: Json, name: str) -> Json:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}
