"""Takes a rule of a schema away for a while, and puts it back. Policies: `tests.support.security.unguarded`."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.support.security.guards import KIND, Json, Tampering, tampered
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tools.control_plane.api import Api

__all__ = ["schema_rule_taken_out"]

_SECONDS = 30.0


@contextmanager
def schema_rule_taken_out(admin: Api, kind: str, message: str, passes: Callable[[], bool]) -> Iterator[None]:
    """A kind has no rule whose message begins so, until the block ends. Raises LookupError where it has none."""

    def change(definition: Json) -> None:
        if not json.dumps(definition).count(message):
            raise LookupError(message)
        definition["spec"] = _without(definition["spec"], message)

    with tampered(admin, Tampering(KIND, kind, change)):
        wait_until(passes, what=f"nothing says: {message}", timeout=_SECONDS)
        yield
    wait_until(lambda: not passes(), what=f"it is said again: {message}", timeout=_SECONDS)


def _without(schema: Any, message: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(schema, list):
        return [_without(one, message) for one in schema if not _says(one, message)]
    if isinstance(schema, dict):
        return {key: _without(value, message) for key, value in schema.items()}
    return schema


def _says(one: object, message: str) -> bool:
    return isinstance(one, dict) and str(one.get("message", "")).startswith(message)
