"""An answer of the API server as JSON, whatever it holds: something else may answer in its place."""

import json
from typing import Any

from pharia_access.errors import UnavailableError

__all__ = ["object_in"]


def object_in(answer: bytes, path: str) -> dict[str, Any]:
    """Return the JSON object. Raises UnavailableError where there is none."""
    try:
        body = json.loads(answer)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        message = f"{path}: the answer is not an object"
        raise UnavailableError(message)
    return body
