"""What stands around every page of a signed-in person."""

from typing import Any

from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.navigation import leads
from pharia_access.entrypoints.console.visits import Follows, Page, Visit

__all__ = ["frame_of"]


def frame_of(visit: Visit, address: str, page: Page, *, anew: bool) -> dict[str, Any]:
    """The frame of that page. `anew`: our script asks, and leaves the notice that is shown."""
    return {
        "live": _stream(visit, page.follows),
        "meanwhile": page.follows.meanwhile if page.follows and visit.desk.views else "",
        "namespace": visit.context.namespace,
        "leads": list(leads(visit.context.namespace, address)),
        "user": visit.desk.user,
        "options": visit.desk.options.strip(),
        "notice": "" if anew else visit.session.take_notice(),
    }


def _stream(visit: Visit, follows: Follows | None) -> str | None:
    """What tells the page of changes; None where nothing does."""
    if follows is None or visit.desk.views is None:
        return None
    scope = None if follows.everywhere else visit.context.namespace
    return addresses.live(scope, follows.about, follows.kinds, since=follows.since)
