"""Settings from the environment, for what is started by others; the only module that reads it."""

import json
import os
from collections.abc import Mapping
from typing import Any

from pharia_access_client.verifier import Verifier

__all__ = ["VERIFIER_URL", "middleware_settings", "verifier_from"]

VERIFIER_URL = "PHARIA_ACCESS_VERIFIER_URL"
CA_FILE = "PHARIA_ACCESS_CA_FILE"
TIMEOUT = "PHARIA_ACCESS_TIMEOUT"
REQUIREMENTS = "PHARIA_ACCESS_REQUIREMENTS"
OPEN_PATHS = "PHARIA_ACCESS_OPEN_PATHS"
TOKEN_HEADERS = "PHARIA_ACCESS_TOKEN_HEADERS"  # noqa: S105 - a name

_ENVIRONMENT = os.environ  # noqa: TID251 - this module is the only reader


def verifier_from(environment: Mapping[str, str] = _ENVIRONMENT) -> Verifier:
    """Return the verifier that the environment names.

    Raises:
        ValueError: it names none, or a setting cannot be used.
    """
    url = environment.get(VERIFIER_URL, "")
    if not url:
        msg = f"the verifier is not known: set {VERIFIER_URL} to its URL"
        raise ValueError(msg)
    return Verifier(url, timeout=_seconds(environment), ca_file=environment.get(CA_FILE) or None)


def middleware_settings(environment: Mapping[str, str] = _ENVIRONMENT) -> dict[str, Any]:
    """Return the arguments of `Access` that the environment names.

    Raises:
        ValueError: a setting cannot be used.
    """
    return {
        "verifier": verifier_from(environment),
        "requirements": _requirements(environment.get(REQUIREMENTS, "")),
        "open_paths": environment.get(OPEN_PATHS, "").split(),
        "token_headers": environment.get(TOKEN_HEADERS, "").split(),
    }


def _seconds(environment: Mapping[str, str]) -> float:
    text = environment.get(TIMEOUT) or "2"
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 60:  # noqa: PLR2004 - a minute
        msg = f"{TIMEOUT} cannot be used: {text[:32]!r} is no number of seconds above 0 and up to 60"
        raise ValueError(msg)
    return seconds


def _requirements(text: str) -> dict[str, str]:
    """A requirement for every path, or a JSON object of paths and requirements."""
    if not text.lstrip().startswith("{"):
        return {"/": text}
    try:
        told: dict[str, Any] = json.loads(text)
    except ValueError:
        told = {"": None}
    if not all(isinstance(value, str) for value in told.values()):
        msg = f'{REQUIREMENTS} cannot be used: write a requirement, or JSON such as {{"/v1": "role=user"}}'
        raise ValueError(msg)
    return told
