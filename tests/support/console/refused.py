"""A list that the API server refuses, in its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pharia_access.errors import ForbiddenError

if TYPE_CHECKING:
    from tests.support.console.consoles import Opened

__all__ = ["refuse"]

_REFUSED = 'x is forbidden: User "anna" cannot list resource "{}" in API group "access.pharia.ai"{}'


def refuse(opened: Opened, what: str, resource: str, where: str = "") -> None:
    """Let the next list of that kind be refused, in the API server's words."""
    error = ForbiddenError("no")
    error.server_message = _REFUSED.format(resource, where)
    opened.objects.refused[what] = error
