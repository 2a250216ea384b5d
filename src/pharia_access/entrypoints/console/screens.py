"""The table of screens: at which address each is, what it shows, and what it does with a form."""

from typing import Final

from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.pages import credentials
from pharia_access.entrypoints.console.visits import Answer, Moved, Screen, Visit
from pharia_access.services.administration.plans import BlockedError

__all__ = ["BY_SCRIPT", "TABLE", "go", "start"]

_CREDENTIALS: Final = "/namespaces/{namespace}/credentials"

TABLE: Final[tuple[tuple[str, Screen | None, Screen | None], ...]] = ((_CREDENTIALS, credentials.show, None),)
"""An address, who answers GET and who answers POST."""

BY_SCRIPT: Final[frozenset[Screen]] = frozenset()
"""What only our script may ask for; it is no act of a person either."""


async def start(visit: Visit) -> Answer:
    """The first page."""
    return Moved(addresses.credentials(visit.context.namespace))


async def go(visit: Visit) -> Answer:
    """Another namespace. Raises BlockedError if that cannot be one."""
    namespace = visit.query.get("namespace", "").strip()
    if not addresses.is_namespace(namespace):
        msg = "A namespace's name has lower-case letters, digits and dashes, at most 63"
        raise BlockedError(msg)
    return Moved(addresses.credentials(namespace))
