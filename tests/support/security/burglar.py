"""Everything that somebody with a stolen token can ask for, by the rights that the API server says it gives.

The rights and the kinds are the server's own answers: a verb or a resource that a role gets later is tried as well.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.security.bodies import COMMON, Body, bodies
from tests.support.security.rights import Right

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tools.control_plane.api import Api
    from tools.control_plane.replies import Answer

__all__ = ["METHODS", "Kinds", "Request", "about", "detours", "rights_of", "sent"]

Json = dict[str, Any]

METHODS = {"get": "GET", "create": "POST", "update": "PUT", "patch": "PATCH", "delete": "DELETE"}
"""The verbs that are about one object; POST goes to the collection."""

QUERIES = (
    "dryRun=All",
    "dryRun=All&propagationPolicy=Foreground",
    "dryRun=All&fieldValidation=Strict&fieldManager=a&force=true",
    "dryRun=All&fieldValidation=Warn&pretty=true",
    "dryRun=All&fieldValidation=Ignore&includeObject=Object",
    "dryRun=x&fieldValidation=x",
    "dryRun=All&dryRun=All&gracePeriodSeconds=x",
)
"""The first goes with every body, the others with those that begin a form."""

_VARIED = 5  # "{}", the object itself, and one that cannot be decoded


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `right`: the one that RBAC wants for it."""

    right: Right
    method: str
    target: str
    body: Body

    def send(self, api: Api) -> Answer:
        """Send it as somebody."""
        return api.send(self.method, self.target, body=self.body.content, form=self.body.form)

    def __str__(self) -> str:
        return f"{self.method} {self.target}: {self.body.what[:90]}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource as discovery tells it."""

    version: str
    kind: str
    namespaced: bool


class Kinds:
    """What the API server serves."""

    def __init__(self, admin: Api) -> None:
        self._admin = admin
        self._known: dict[str, dict[str, Kind]] = {}

    def path(self, right: Right, name: str = "") -> str:
        """Where the resource is; `name`: one object of it."""
        kind = self._of(right)
        resource, _, subresource = right.resource.partition("/")
        root = f"/apis/{kind.version}" if right.group else f"/api/{kind.version}"
        where = [root, *(["namespaces", right.namespace] if kind.namespaced else []), resource]
        return "/".join([*where, *([name] if name else []), *([subresource] if subresource and name else [])])

    def serves(self, right: Right) -> bool:
        """Whether there is such a resource, and not only a right of that name, such as that to mint."""
        return right.resource in self._in(right.group)

    def obj(self, right: Right, name: str) -> Json:
        """As little of an object as a body needs."""
        kind = self._of(right)
        metadata = {"name": name} | ({"namespace": right.namespace} if kind.namespaced else {})
        return {"apiVersion": kind.version, "kind": kind.kind, "metadata": metadata}

    def _of(self, right: Right) -> Kind:
        return self._in(right.group)[right.resource]

    def _in(self, group: str) -> dict[str, Kind]:
        if group not in self._known:
            self._known[group] = self._served(group)
        return self._known[group]

    def _served(self, group: str) -> dict[str, Kind]:
        version = self._asked(f"/apis/{group}")["preferredVersion"]["groupVersion"] if group else "v1"
        listed = self._asked(f"/apis/{version}" if group else "/api/v1")["resources"]
        return {it["name"]: Kind(version, it["kind"], it["namespaced"]) for it in listed}

    def _asked(self, path: str) -> Json:
        reply = self._admin.request("GET", path)
        assert reply.ok, reply.message
        return reply.body


def rights_of(api: Api, namespace: str) -> set[Right]:
    """What somebody may do in a namespace, of all that is served: the API server's own answer to them."""
    return {
        Right(verb, group, resource, namespace, name)
        for rule in _review(api, namespace)["resourceRules"]
        for verb, group, resource, name in itertools.product(
            rule["verbs"], rule["apiGroups"], rule["resources"], rule.get("resourceNames") or [""]
        )
    }


def sent(api: Api, requests: Iterable[Request]) -> list[tuple[Request, Answer]]:
    """All of them, some at a time, and what came back."""
    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(lambda request: (request, request.send(api)), requests))


def about(kinds: Kinds, right: Right, name: str, *, dry: bool) -> Iterator[Request]:
    """All forms of one verb on one name: a right of RBAC, whether somebody has it or not."""
    if not kinds.serves(right):
        return
    if right.verb not in METHODS:
        yield from _without_body(kinds, right, name, dry=dry)
        return
    path = kinds.path(right, "" if right.verb == "create" and "/" not in right.resource else name)
    method = METHODS[right.verb]
    sent = bodies(kinds.obj(right, name), method) if method != "GET" else [Body("nothing", "", None)]
    queries = QUERIES if dry else ("", "propagationPolicy=Foreground&fieldValidation=Strict&fieldManager=a&force=true")
    for body, query in _combined(sent, queries):
        yield Request(right, method, f"{path}?{query}", body)


def detours(namespace: str, name: str) -> Iterator[Request]:
    """Other ways to a Secret than its own path: what is none of RBAC's names, or is written in another way."""
    here, right = f"/api/v1/namespaces/{namespace}/secrets", Right("", "", "secrets", namespace)
    ways = (
        *(f"{here}/{name}/{part}" for part in ("status", "data", "scale", "finalize", "token", "x")),
        *(f"{here}/{name}{query}" for query in ("?watch=1", "/", "%00", "?export=1&exact=1", "?pretty=true&as=Table")),
        *(f"{here}?{query}" for query in (f"fieldSelector=metadata.name={name}", "watch=1", "continue=x", "limit=0")),
        "/api/v1/secrets",
        f"/api/v1/watch/namespaces/{namespace}/secrets/{name}",
        f"/api/v1/watch/namespaces/{namespace}/secrets",
        "/api/v1/watch/secrets",
        f"/api/v1/proxy/namespaces/{namespace}/secrets/{name}",
        f"/api//v1/namespaces/{namespace}/secrets/{name}",
        f"/api/v1/namespaces/x/../{namespace}/secrets/{name}",
        f"/api/v1/namespaces/{namespace}/SECRETS/{name}",
        f"/apis/core/v1/namespaces/{namespace}/secrets/{name}",
        f"/openapi/../api/v1/namespaces/{namespace}/secrets/{name}",
    )
    for way, method in itertools.product(ways, ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "LIST")):
        for body in list(bodies({"metadata": {"name": name}}, method))[:4]:
            yield Request(right, method, way, body)


def _combined(sent: Iterable[Body], queries: tuple[str, ...]) -> Iterator[tuple[Body, str]]:
    """The first query with each body; each other one with the first few bodies of a form."""
    met: dict[str, int] = {}
    for body in sent:
        met[body.form] = met.get(body.form, 0) + 1
        yield body, queries[0]
        for query in queries[1:] if body.form in COMMON and met[body.form] <= _VARIED else ():
            yield body, query


def _without_body(kinds: Kinds, right: Right, name: str, *, dry: bool) -> Iterator[Request]:
    """What is asked of a collection: a list, a watch, a deletion of all; also in the old way, under /watch."""
    nothing, path = Body("nothing", "", None), kinds.path(right)
    method = "DELETE" if right.verb == "deletecollection" else "GET"
    chosen = f"fieldSelector=metadata.name={name}&labelSelector=&limit=1&timeoutSeconds=1"
    watched = "&watch=1&resourceVersion=1" if right.verb == "watch" else ""
    yield Request(right, method, f"{path}?{chosen}{watched}{'&dryRun=All' if dry else ''}", nothing)
    if right.verb == "watch":
        root, _, rest = path.partition("/namespaces/")
        old = f"{root}/watch/namespaces/{rest}/{name}" if rest else f"{path}/{name}"
        yield Request(right, method, f"{old}?timeoutSeconds=1&resourceVersion=1", nothing)


def _review(api: Api, namespace: str) -> Json:
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    reply = api.request("POST", path, body={"spec": {"namespace": namespace}})
    assert reply.ok, reply.message
    status: Json = reply.body["status"]
    assert not status["incomplete"]
    return status
