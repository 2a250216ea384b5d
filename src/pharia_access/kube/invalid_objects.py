"""How an object that cannot be understood is told so: on the raw JSON, since there is no value of it.

Changes two conditions and nothing else: whatever is wrong with the rest stays there to be seen.
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


def invalid_spec_patch(malformed: InvalidObject, body: Mapping[str, Any], now: datetime) -> Json | None:
    """The merge patch of the status that tells what is wrong; None if the status tells it already.

    Ready=False and Stalled=True, with reason InvalidSpec; the other conditions stay as they are.
    """
    status = body.get("status")
    held = status.get("conditions") if isinstance(status, dict) else None
    before = [entry for entry in held if isinstance(entry, dict)] if isinstance(held, list) else []
    after = before
    for name, value in (("Ready", "False"), ("Stalled", "True")):
        after = _with(after, _condition(malformed, name, value, now))
    if after == before:
        return None
    return {
        "metadata": {"uid": malformed.uid, "resourceVersion": malformed.resource_version},
        "status": {"observedGeneration": malformed.generation, "conditions": after},
    }


def _condition(malformed: InvalidObject, name: str, value: str, now: datetime) -> Json:
    message = f"This {malformed.kind} cannot be understood, so nothing is done for it. Correct it: {malformed.why}"
    return {
        "type": name,
        "status": value,
        "reason": Reason.INVALID_SPEC.value,
        "message": message[:_MOST_MESSAGE],
        "observedGeneration": malformed.generation,
        "lastTransitionTime": format_time(now),
    }


def _with(conditions: list[Json], new: Json) -> list[Json]:
    """As `domain.conditions.with_condition`: the time stays while the status does."""
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
