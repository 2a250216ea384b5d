"""Takes guards away for a while: a policy's binding, or a rule of a schema; and puts them back."""

from __future__ import annotations

import copy
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.api import Api

__all__ = ["POLICIES", "schema_rule_taken_out", "unbound"]

Json = dict[str, Any]

POLICIES: Final = (
    "bind-roles",
    "mint-tokens",
    "write-status",
    "restrain-operator-secrets",
    "restrain-operator-resources",
    "reserve-one-time-secrets",
)
"""All that the chart installs, without their common ending."""
_BINDINGS: Final = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
_KINDS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_SECONDS: Final = 30.0


@contextmanager
def unbound(admin: Api, policies: tuple[str, ...], refuses: Callable[[], bool]) -> Iterator[None]:
    """The bindings of these policies are gone until the block ends; `refuses`: whether they are in force."""
    paths = [f"{_BINDINGS}/{name}.access.pharia.ai" for name in policies]
    bodies = [_body(admin, path) for path in paths]
    try:
        for path in paths:
            assert admin.request("DELETE", path).ok
        wait_until(lambda: not refuses(), what=f"{policies} refuse nothing", timeout=_SECONDS)
        yield
    finally:
        for body in bodies:
            assert admin.request("POST", _BINDINGS, body=body).ok
        wait_until(refuses, what=f"{policies} refuse again", timeout=_SECONDS)


@contextmanager
def schema_rule_taken_out(admin: Api, kind: str, message: str, refuses: Callable[[], bool]) -> Iterator[None]:
    """A kind has no rule whose message begins so, until the block ends. Raises LookupError where it has none."""
    path = f"{_KINDS}/{kind}.access.pharia.ai"
    whole = _body(admin, path)
    if not json.dumps(whole).count(message):
        raise LookupError(message)
    try:
        _replace(admin, path, _without(whole, message))
        wait_until(lambda: not refuses(), what=f"nothing says: {message}", timeout=_SECONDS)
        yield
    finally:
        _replace(admin, path, whole)
        wait_until(refuses, what=f"it is said again: {message}", timeout=_SECONDS)


def _body(admin: Api, path: str) -> Json:
    reply = admin.request("GET", path)
    assert reply.ok, reply.message
    body = copy.deepcopy(reply.body)
    for field in ("resourceVersion", "uid", "creationTimestamp", "managedFields", "generation"):
        body["metadata"].pop(field, None)
    body.pop("status", None)
    return body


def _replace(admin: Api, path: str, body: Json) -> None:
    now = admin.request("GET", path).body["metadata"]["resourceVersion"]
    reply = admin.request("PUT", path, body={**body, "metadata": {**body["metadata"], "resourceVersion": now}})
    assert reply.ok, reply.message


def _without(schema: Any, message: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(schema, list):
        return [_without(one, message) for one in schema if not _says(one, message)]
    if isinstance(schema, dict):
        return {key: _without(value, message) for key, value in schema.items()}
    return schema


def _says(one: object, message: str) -> bool:
    return isinstance(one, dict) and str(one.get("message", "")).startswith(message)
