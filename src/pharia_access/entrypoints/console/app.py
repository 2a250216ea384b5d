"""The console's routes: from a request to a screen, and from what it answers to a response."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp

from pharia_access.entrypoints.console import addresses, screens
from pharia_access.entrypoints.console.defence import NONCE, Defence
from pharia_access.entrypoints.console.desk import Desk
from pharia_access.entrypoints.console.forms import Form, FormError, read_form
from pharia_access.entrypoints.console.frames import frame_of
from pharia_access.entrypoints.console.live import live_stream, over_views
from pharia_access.entrypoints.console.opening import OnceKey
from pharia_access.entrypoints.console.pasted import unless_pasted
from pharia_access.entrypoints.console.rendering import Renderer
from pharia_access.entrypoints.console.sessions import COOKIE, Session, Sessions
from pharia_access.entrypoints.console.static_files import static
from pharia_access.entrypoints.console.trouble import NO_SUCH_NAME, NO_SUCH_NAMESPACE, failed, nowhere
from pharia_access.entrypoints.console.visits import Answer, Data, File, Moved, Page, Screen, Visit, Waiting
from pharia_access.entrypoints.console.waiting import sent_while_waiting
from pharia_access.errors import AccessError

__all__ = ["SCRIPT_HEADER", "Console", "console_app"]

SCRIPT_HEADER: Final = "x-pharia-access-console"
"""Our script's header. No form can send it, so that what it asks for is never a document."""

_FOR_A_PERSON: Final = "person"
"""Its value where somebody sorts, filters or turns over a list that our script then shows in the same document."""

_WAITING: Final = "Opening the console …"
_WRONG_KEY: Final = "This key opens nothing: it was used already, or it is too old."
_SIGNED_OUT: Final = "You are signed out of the console."
_NO_SESSION: Final = "This browser is not signed in to the console, or no longer."


class Console:
    """What the routes share.

    Attributes:
        base: the path that all addresses begin with; who does not know it finds nothing.
        touched: called when a person navigates or sends a form.
    """

    def __init__(self, desk: Desk, key: OnceKey, *, base: str, touched: Callable[[], None]) -> None:
        self.desk = desk
        self.key = key
        self.base = base
        self.touched = touched
        self.sessions = Sessions(desk.context.clock)
        self.renderer = Renderer(base)

    def session(self, request: Request) -> Session | None:
        """The session that the request's cookie names."""
        return self.sessions.find(request.cookies.get(COOKIE, ""))

    def document(self, request: Request, page: Page, frame: Mapping[str, Any]) -> HTMLResponse:
        """The page as a response."""
        return HTMLResponse(self.html(request, page, frame), page.status)

    def html(self, request: Request, page: Page, frame: Mapping[str, Any]) -> str:
        """The page as a document."""
        return self.renderer.page(page, {"nonce": request.scope[NONCE], "live": None, "cut": "", **frame})

    def signed_in(self, response: Response, session: Session) -> Response:
        """Give the browser the session's cookie. Not Secure: some browsers take no such cookie over plain HTTP."""
        response.set_cookie(COOKIE, session.key, path=f"{self.base}/", httponly=True, samesite="strict")
        return response

    def closed(self, request: Request, title: str, message: str, status: HTTPStatus) -> Response:
        """A page for who has no session."""
        return self.document(request, Page("closed", title, {"message": message}, status=status), {})


def console_app(console: Console, hosts: frozenset[str]) -> ASGIApp:
    """Make the application."""
    routes = [
        Route("/open", _opening(console), methods=["GET"]),
        Route("/open", _open(console), methods=["POST"]),
        Route("/sign-out", _sign_out(console), methods=["POST"]),
        Route("/static/{file}", static(console.renderer), methods=["GET"]),
        Route("/live", _live(console), methods=["GET"]),
        Route("/namespaces/{namespace}/live", _live(console), methods=["GET"]),
        Route("/go", _screen(console, screens.go), methods=["GET"]),
        Route("/", _screen(console, screens.start), methods=["GET"]),
        *(_route(console, path, *methods) for path, *methods in screens.TABLE),
    ]
    below = Mount(console.base, app=Router(routes, redirect_slashes=False))
    app = Starlette(routes=[below], exception_handlers={HTTPException: _refused(console)})
    app.router.redirect_slashes = False
    return Defence(app, hosts)


Endpoint = Callable[[Request], Awaitable[Response]]


def _route(console: Console, path: str, show: Screen | None, act: Screen | None) -> Route:
    async def endpoint(request: Request) -> Response:
        screen = act if request.method == "POST" else show
        assert screen is not None  # noqa: S101 - Route answers other methods
        return await _screen(console, screen)(request)

    methods = [method for method, screen in (("GET", show), ("POST", act)) if screen is not None]
    return Route(path, endpoint, methods=methods)


def _screen(console: Console, screen: Screen) -> Endpoint:
    """What a signed-in person may ask for."""

    async def endpoint(request: Request) -> Response:
        session = console.session(request)
        if session is None and SCRIPT_HEADER in request.headers:
            return JSONResponse({"state": "failed", "why": _NO_SESSION}, HTTPStatus.FORBIDDEN)
        if session is None:
            return console.closed(request, "Signed out", _NO_SESSION, HTTPStatus.FORBIDDEN)
        if screen in screens.BY_SCRIPT and SCRIPT_HEADER not in request.headers:
            raise HTTPException(HTTPStatus.FORBIDDEN, "Only the console's own script asks for this.")
        visit = _visit(console, request, session)
        if request.headers.get(SCRIPT_HEADER) in (None, _FOR_A_PERSON):
            console.touched()
        form, posted = Form(), request.method == "POST"
        try:
            form = await read_form(request) if posted else form
            address = request.url.path.removeprefix(console.base)
            answer = await unless_pasted(screen, replace(visit, form=form), address)
        except AccessError as error:
            script = screen in screens.BY_SCRIPT
            answer = failed(error, address=request.url.path, sent=form if posted else None, script=script)
        if posted:
            session.survey = None
        return _answered(console, request, visit, answer)

    return endpoint


def _visit(console: Console, request: Request, session: Session) -> Visit:
    """What the address says. Names that the schema does not know are no path of ours."""
    namespace = request.path_params.get("namespace", console.desk.context.namespace)
    name = request.path_params.get("name", "")
    if not addresses.is_namespace(namespace):
        raise HTTPException(HTTPStatus.NOT_FOUND, NO_SUCH_NAMESPACE)
    if name and not addresses.is_object_name(name):
        raise HTTPException(HTTPStatus.NOT_FOUND, NO_SUCH_NAME)
    visit = Visit(console.desk.at(namespace), session, name, query=dict(request.query_params))
    return over_views(visit, writes=request.method == "POST", anew=SCRIPT_HEADER in request.headers)


def _answered(console: Console, request: Request, visit: Visit, answer: Answer) -> Response:
    session, address = visit.session, request.url.path.removeprefix(console.base)
    frame = partial(frame_of, visit, address, anew=SCRIPT_HEADER in request.headers)
    match answer:
        case Page():
            return console.document(request, answer, frame(answer))
        case Waiting():
            return _waited(console, request, answer, frame)
        case File():
            headers = {"Content-Disposition": f'attachment; filename="{answer.name}"'}
            return Response(answer.text, media_type=answer.media_type, headers=headers)
        case Moved():
            return RedirectResponse(f"{console.base}{answer.path}", HTTPStatus.SEE_OTHER)
        case Data():
            response = JSONResponse(dict(answer.values), answer.status)
            if not answer.turn:
                return response
            console.sessions.turn(session, request.cookies.get(COOKIE, ""))
            return console.signed_in(response, session)


def _waited(console: Console, request: Request, waiting: Waiting, frame: Callable[[Page], dict[str, Any]]) -> Response:
    def render(page: Page, cut: str) -> str:
        return console.html(request, page, {**frame(page), "cut": cut})

    instead = partial(failed, address=request.url.path, sent=None, script=False)
    parts = sent_while_waiting(waiting, render, instead)
    return StreamingResponse(parts, media_type="text/html; charset=utf-8")


def _opening(console: Console) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return console.document(request, Page("open", "Open the console", {"message": _WAITING}), {})

    return endpoint


def _open(console: Console) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            key = (await read_form(request)).one("key")
        except FormError as error:
            raise HTTPException(error.status, str(error)) from error
        if not console.key.use(key):
            page = Page("open", "Open the console", {"message": _WRONG_KEY}, status=HTTPStatus.FORBIDDEN)
            return console.document(request, page, {})
        console.touched()
        session = console.sessions.open()
        return console.signed_in(RedirectResponse(f"{console.base}/", HTTPStatus.SEE_OTHER), session)

    return endpoint


def _sign_out(console: Console) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if session := console.session(request):
            console.sessions.close(session)
        response = console.closed(request, "Signed out", _SIGNED_OUT, HTTPStatus.OK)
        response.delete_cookie(COOKIE, path=f"{console.base}/", httponly=True, samesite="strict")
        return response

    return endpoint


def _live(console: Console) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        session = console.session(request)
        if session is None:
            raise HTTPException(HTTPStatus.FORBIDDEN, _NO_SESSION)
        return live_stream(request, _visit(console, request, session), request.path_params.get("namespace"))

    return endpoint


def _refused(console: Console) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Where there is nothing, a page for who is signed in. Nobody else learns what addresses there are."""

    async def tell(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
        below = request.url.path.startswith(f"{console.base}/") and SCRIPT_HEADER not in request.headers
        session = console.session(request) if below else None
        if session is None or error.status_code != HTTPStatus.NOT_FOUND:
            return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=dict(error.headers or {}))
        return _answered(console, request, Visit(console.desk, session), nowhere(error.detail))

    return tell
