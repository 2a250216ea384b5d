"""What RBAC gives a ServiceAccount, right by right, beside what it asked for, request by request."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.support.control_plane import ControlPlane

__all__ = ["Request", "Right", "asked", "given", "unused", "without_right"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One verb on one resource; in one namespace, or everywhere where that is empty; of one name, or any."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    def covers(self, request: Request) -> bool:
        """Whether it allows the request."""
        return (
            (self.verb, self.group, self.resource) == (request.verb, request.group, request.resource)
            and self.namespace in {"", request.namespace}
            and self.name in {"", request.name}
        )


@dataclass(frozen=True, slots=True, order=True)
class Request:
    """What was asked of the API server about objects; `allowed` by RBAC."""

    verb: str
    group: str
    resource: str
    namespace: str
    name: str
    allowed: bool


def given(documents: Iterable[Json], account: str) -> set[Right]:
    """The rights of a ServiceAccount, out of rendered Roles, ClusterRoles and their bindings."""
    documents = list(documents)
    bindings = [document for document in documents if document["kind"].endswith("RoleBinding")]
    bound = {
        (binding["roleRef"]["kind"], binding["roleRef"]["name"], binding["metadata"].get("namespace", ""))
        for binding in bindings
        if any(subject.get("name") == account for subject in binding["subjects"])
    }
    roles = (document for document in documents if _identity(document) in bound)
    return {right for role in roles for rule in role["rules"] for right in _rights(role, rule)}


def asked(control_plane: ControlPlane, user: str) -> set[Request]:
    """Its requests about objects, out of the audit log."""
    events: Iterator[Json] = (dict(event) for event in control_plane.audit_events())
    return {_request(event) for event in events if event["user"].get("username") == user and "objectRef" in event}


def unused(rights: set[Right], requests: set[Request]) -> set[Right]:
    """The rights without which every request would have been allowed too."""
    return {right for right in rights if not any(right.covers(request) for request in requests if request.allowed)}


def without_right(rights: set[Right], requests: set[Request]) -> set[Request]:
    """The requests that none of the rights covers."""
    return {request for request in requests if not any(right.covers(request) for right in rights)}


def _identity(document: Json) -> tuple[str, str, str]:
    metadata = document["metadata"]
    return document["kind"], metadata["name"], metadata.get("namespace", "")


def _rights(role: Json, rule: Json) -> Iterator[Right]:
    namespace = role["metadata"].get("namespace", "")
    names = rule.get("resourceNames", [""])
    for verb, group, resource, name in itertools.product(rule["verbs"], rule["apiGroups"], rule["resources"], names):
        yield Right(verb, group, resource, namespace, name)


def _request(event: Json) -> Request:
    about = event["objectRef"]
    subresource = f"/{about['subresource']}" if "subresource" in about else ""
    return Request(
        verb=event["verb"],
        group=about.get("apiGroup", ""),
        resource=about["resource"] + subresource,
        namespace=about.get("namespace", ""),
        name=about.get("name", ""),
        allowed=event.get("annotations", {}).get("authorization.k8s.io/decision") == "allow",
    )
