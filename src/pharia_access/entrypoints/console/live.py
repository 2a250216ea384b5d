"""Server-sent events: how an open page hears that something changed, and how current it is.

An event carries no object's text: the page is asked for anew, by the way of every page. It never counts as use.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pharia_access.entrypoints.console.visits import Visit
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.live import LiveViews
from pharia_access.services.administration.live_kinds import KINDS
from pharia_access.services.administration.live_objects import AheadClock, LiveObjects, ReviewedObjects
from pharia_access.services.administration.told_objects import ToldObjects

__all__ = ["live_stream", "over_views", "reviewed", "views_of"]

_EVENTS: Final = "text/event-stream"
_BEAT_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 1.0
_AGAIN_MS: Final = 1000
"""After so long a browser asks again for a stream that broke."""

_ENDED: Final = {
    "over": ("away", "You are signed out."),
    "stopped": ("away", "The console has stopped. Run kubectl access console again."),
    "failed": ("broken", "Not live: following failed in the console. It is tried again every 25 seconds."),
    "moved": ("broken", "Looks every 25 seconds: other tabs are live."),
}


def over_views(visit: Visit, *, writes: bool, anew: bool) -> Visit:
    """The same visit, with what the browser's pages are told of.

    What a form writes is known there at once. What our script asks `anew` is at the API server's time, and what is
    followed is not listed once more.
    """
    views = visit.session.views
    if views is None or not (writes or anew):
        return visit
    if writes:
        context = replace(visit.context, objects=ToldObjects(visit.context.objects, views))
        return replace(visit, desk=replace(visit.desk, context=context))
    clock = AheadClock(visit.context.clock, views)
    context = replace(visit.context, objects=LiveObjects(visit.context.objects, views), clock=clock)
    return replace(visit, desk=replace(visit.desk, context=context), anew=True)


def reviewed(context: Context, views: LiveViews | None) -> Context:
    """The same context for a list that is only shown: what is followed needs no list, only the right to one."""
    if views is None or isinstance(context.objects, LiveObjects):
        return context
    return replace(context, objects=ReviewedObjects(context.objects, views))


def live_stream(request: Request, visit: Visit, scope: str | None) -> Response:
    """Tell the page of what changes there, until it or the session closes; None stands for all namespaces."""
    if (
        request.headers.get("accept") != _EVENTS
        or request.headers.get("sec-fetch-site", "same-origin") != "same-origin"
    ):
        raise HTTPException(HTTPStatus.FORBIDDEN, "Only the console's own script asks for this.")
    views = views_of(visit)
    if views is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    told = _told(views, visit, scope)
    return StreamingResponse(told, media_type=_EVENTS, headers={"X-Accel-Buffering": "no"})


def views_of(visit: Visit) -> LiveViews | None:
    """What the browser's open pages look at, made when the first asks; None where pages are not live."""
    if visit.session.views is None and visit.desk.views is not None:
        visit.session.views = visit.desk.views()
    return visit.session.views


async def _told(views: LiveViews, visit: Visit, scope: str | None) -> AsyncIterator[str]:
    clock, last, beat = visit.context.clock, None, 0.0
    server, shown = AheadClock(clock, views), visit.query.get("of", "").split(",")
    kinds = [kind for kind, name in KINDS.items() if name in shown]
    with views.subscribed(scope, visit.query.get("about", ""), kinds) as page:
        page.changed = visit.query.get("since") != str(max(kind.revision for kind in page.kinds))
        yield f"retry: {_AGAIN_MS}\n\n"
        while not page.ended:
            standing, now = views.standing(page), clock.monotonic()
            changed = page.changed and standing.current
            if changed or standing != last or now - beat >= _BEAT_SECONDS:
                page.changed, last, beat = page.changed and not changed, standing, now
                yield _message(server, state=standing.state, say=standing.sentence, changed=changed)
            await page.wait(_LOOK_SECONDS)
        yield _message(server, state=_ENDED[page.ended][0], say=_ENDED[page.ended][1], ended=True)


def _message(server: AheadClock, **values: object) -> str:
    """With the API server's time, in milliseconds: a wrong clock of this machine calls nothing expired."""
    return f"data: {json.dumps({**values, 'now': round(server.now().timestamp() * 1000)})}\n\n"
