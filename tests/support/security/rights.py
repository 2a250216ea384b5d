"""What RBAC gives a ServiceAccount, right by right, beside what it asked for, request by request.

Beside objects these are the addresses at which an API server tells who signs tokens: such a right has it as its
resource. A single right can be taken away for a while.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.control_plane.api import Api
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tools.control_plane.plane import ControlPlane

__all__ = ["Grants", "Request", "Right", "asked", "given", "may", "unused", "without_right"]

Json = dict[str, Any]

ADDRESSES = frozenset({"/.well-known/openid-configuration", "/openid/v1/jwks"})


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
    return {right for role in _roles(documents, account) for right in _rights(role)}


def asked(control_plane: ControlPlane, user: str, *, since: int = 0) -> set[Request]:
    """Its requests, out of the audit log; `since`: only from that byte of it on."""
    events: Iterator[Json] = (dict(event) for event in control_plane.audit_events(user, since=since))
    return {
        _request(event)
        for event in events
        if event["user"].get("username") == user and ("objectRef" in event or event["requestURI"] in ADDRESSES)
    }


def unused(rights: set[Right], requests: set[Request]) -> set[Right]:
    """The rights without which every request would have been allowed too."""
    return {right for right in rights if not any(right.covers(request) for request in requests if request.allowed)}


def without_right(rights: set[Right], requests: set[Request]) -> set[Request]:
    """The requests that none of the rights covers."""
    return {request for request in requests if not any(right.covers(request) for right in rights)}


def may(api: Api, user: str, right: Right) -> bool:
    """Whether the API server would let somebody who is signed in do it."""
    spec = {"user": user, "groups": ["system:authenticated"], **_attributes(right)}
    reply = api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body={"spec": spec})
    assert reply.ok, reply.message
    return bool(reply.body["status"]["allowed"])


def _attributes(right: Right) -> Json:
    if right.resource in ADDRESSES:
        return {"nonResourceAttributes": {"verb": right.verb, "path": right.resource}}
    resource, _, subresource = right.resource.partition("/")
    attributes = {
        "verb": right.verb,
        "group": right.group,
        "resource": resource,
        "subresource": subresource,
        "namespace": right.namespace,
        "name": right.name,
    }
    return {"resourceAttributes": attributes}


class Grants:
    """What the cluster's Roles give a ServiceAccount; `documents`: as they were rendered and installed."""

    def __init__(self, control_plane: ControlPlane, documents: Iterable[Json], *, namespace: str, account: str) -> None:
        self._control_plane = control_plane
        self._api = Api(control_plane.kubeconfig)
        self._user = f"system:serviceaccount:{namespace}:{account}"
        self._roles = list(_roles(documents, account))

    @contextmanager
    def without(self, right: Right) -> Iterator[Callable[[], bool]]:
        """Take one right away until the block ends. In the block one may ask whether a request was refused for it."""
        (role,) = (role for role in self._roles if right in _rights(role))
        self._write(role, [_rule(other) for other in _rights(role) if other != right])
        try:
            wait_until(lambda: not may(self._api, self._user, right), what=f"{right} is gone", timeout=10)
            since = self._control_plane.audit_log.stat().st_size
            yield lambda: self._refused(right, since)
        finally:
            self._write(role, role["rules"])
            wait_until(lambda: may(self._api, self._user, right), what=f"{right} is back", timeout=10)

    @contextmanager
    def in_force(self, usual: Iterable[Json]) -> Iterator[None]:
        """Give the account what these documents say until the block ends; `usual`: what it has in the cluster else."""
        before = {_identity(document): document for document in usual}
        for role in self._roles:
            self._write(role, role["rules"])
        try:
            wait_until(self._may_all, what="it has them all", timeout=10)
            yield
        finally:
            for role in self._roles:
                self._write(role, before[_identity(role)]["rules"])

    def _may_all(self) -> bool:
        return all(may(self._api, self._user, right) for role in self._roles for right in _rights(role))

    def _refused(self, right: Right, since: int) -> bool:
        requests = asked(self._control_plane, self._user, since=since)
        return any(right.covers(request) and not request.allowed for request in requests)

    def _write(self, role: Json, rules: list[Json]) -> None:
        reply = self._api.patch(role, {"rules": rules})
        assert reply.ok, reply.message


def _roles(documents: Iterable[Json], account: str) -> Iterator[Json]:
    """The Roles and ClusterRoles that are bound to it."""
    documents = list(documents)
    bindings = [document for document in documents if document["kind"].endswith("RoleBinding")]
    bound = {
        (binding["roleRef"]["kind"], binding["roleRef"]["name"], binding["metadata"].get("namespace", ""))
        for binding in bindings
        if any(subject.get("name") == account for subject in binding["subjects"])
    }
    return (document for document in documents if _identity(document) in bound)


def _identity(document: Json) -> tuple[str, str, str]:
    metadata = document["metadata"]
    return document["kind"], metadata["name"], metadata.get("namespace", "")


def _rights(role: Json) -> list[Right]:
    namespace = role["metadata"].get("namespace", "")
    return [
        Right(verb, group, resource, namespace, name)
        for rule in role["rules"]
        for verb, group, resource, name in itertools.product(
            rule["verbs"],
            rule.get("apiGroups", [""]),
            rule.get("resources", rule.get("nonResourceURLs")),
            rule.get("resourceNames", [""]),
        )
    ]


def _rule(right: Right) -> Json:
    if right.resource in ADDRESSES:
        return {"nonResourceURLs": [right.resource], "verbs": [right.verb]}
    names = {"resourceNames": [right.name]} if right.name else {}
    return {"apiGroups": [right.group], "resources": [right.resource], "verbs": [right.verb], **names}


def _request(event: Json) -> Request:
    about = event.get("objectRef") or {"resource": event["requestURI"]}
    subresource = f"/{about['subresource']}" if "subresource" in about else ""
    return Request(
        verb=event["verb"],
        group=about.get("apiGroup", ""),
        resource=about["resource"] + subresource,
        namespace=about.get("namespace", ""),
        name=about.get("name", ""),
        allowed=event.get("annotations", {}).get("authorization.k8s.io/decision") == "allow",
    )
