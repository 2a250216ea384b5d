"""Which requirement a path has. Every path has one, unless it is named as open."""

import posixpath
from collections.abc import Collection, Mapping
from typing import Any

from pharia_access_client.requirements import Requirement

__all__ = ["OPEN", "Rules", "route_path"]


class _Open:
    """The kind of `OPEN`."""


OPEN = _Open()
"""A path that needs no token."""

_GOOD_TOKEN = Requirement()


class Rules:
    """The requirement of each path, and the paths that need no token.

    Args:
        requirements: a path, and what it and all below it require. The longest path that fits counts alone. Where none
            fits, a good token is enough.
        open_paths: paths that need no token: exactly these, nothing below them.

    Raises:
        ValueError: a path is none, or a requirement cannot be understood.
    """

    def __init__(self, requirements: Mapping[str, str], open_paths: Collection[str]) -> None:
        self._requirements = {_tidy(path): Requirement.parse(text) for path, text in requirements.items()}
        self._open = {_rule_path(path) for path in open_paths}

    def of(self, path: str) -> Requirement | _Open | None:
        """Return what a path requires; None where that depends on whether somebody tidies the path up."""
        meant = self._as_written(path)
        if meant is OPEN or _is_tidy(path):
            return meant
        return meant if self._as_written(_tidied(path)) == meant else None

    def _as_written(self, path: str) -> Requirement | _Open:
        if path in self._open:
            return OPEN
        fitting = [base for base in self._requirements if base == path or path.startswith(f"{base.rstrip('/')}/")]
        return self._requirements[max(fitting, key=len)] if fitting else _GOOD_TOKEN


def route_path(scope: Mapping[str, Any]) -> str:
    """Return the path below the application's root, which is what it routes by."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    below = path[len(root) :] if root and path.startswith(f"{root}/") else path
    return "/" if path == root else below


def _rule_path(path: str) -> str:
    if not path.startswith("/") or not _is_tidy(path):
        msg = f"the path {path!r} cannot be a rule's: it begins with / and has no empty, . or .. segments"
        raise ValueError(msg)
    return path


def _tidy(path: str) -> str:
    return _rule_path(path).rstrip("/") or "/"


def _is_tidy(path: str) -> bool:
    segments = path.replace("\\", "/").split("/")[1:]
    return not any(each in {".", ".."} for each in segments) and "" not in segments[:-1]


def _tidied(path: str) -> str:
    return posixpath.normpath("/" + path.replace("\\", "/").lstrip("/"))
