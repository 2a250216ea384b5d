"""Writes on an invalid object's status why it is invalid. Works on raw JSON, since the object could not be parsed.

Changes two conditions and nothing else: the invalid fields stay visible.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pharia_access.domain.api_values import InvalidObject
from pharia_access.domain.model import Reason
from pharia_access.domain.times import format_time, parse_time
from pharia_access.errors import InvalidObjectError

__all__ = ["invalid_spec_patch"]

Json = dict[str, Any]

_MOST_MESSAGE = 4096  # the CRDs' bound


def invalid_spec_patch(invalid: InvalidObject, body: Mapping[str, Any], now: datetime) -> Json | None:
    """Return the merge patch of the status that says what is invalid; None if the status says so already.

    Sets Ready=False and Stalled=True with reason InvalidSpec, and keeps the other conditions.
    """
    status = body.get("status")
    held = status.get("conditions") if isinstance(status, dict) else None
    before = [entry for entry in held if isinstance(entry, dict)] if isinstance(held, list) else []
    after = before
    for name, value in (("Ready", "False"), ("Stalled", "True")):
        after = _with(after, _condition(invalid, name, value, now))
    if after == before:
        return None
    return {
        "metadata": {"uid": invalid.uid, "resourceVersion": invalid.resource_version},
        "status": {"observedGeneration": invalid.generation, "conditions": after},
    }


def _condition(invalid: InvalidObject, name: str, value: str, now: datetime) -> Json:
    message = f"The operator ignores this {invalid.kind}, because it is invalid. Correct it: {invalid.why}"
    return {
        "type": name,
        "status": value,
        "reason": Reason.INVALID_SPEC.value,
        "message": message[:_MOST_MESSAGE],
        "observedGeneration": invalid.generation,
        "lastTransitionTime": format_time(now),
    }


def _with(conditions: list[Json], new: Json) -> list[Json]:
    """Merge like `domain.conditions.with_condition`: keep the time while the status is the same."""
    old = next((entry for entry in conditions if entry.get("type") == new["type"]), None)
    if old is None:
        return [*conditions, new]
    if old.get("status") == new["status"] and _is_time(old.get("lastTransitionTime")):
        new = {**new, "lastTransitionTime": old["lastTransitionTime"]}
    return [new if entry is old else entry for entry in conditions]


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(parse_time(value))
    except InvalidObjectError:
        return False
