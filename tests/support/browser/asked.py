"""What a console asked of the API server, and where its screens are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pharia_access.entrypoints.console.screens import TABLE
from pharia_access.entrypoints.console.sessions import COOKIE

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

    from tools.browser.console_process import ConsoleAddress
    from tools.control_plane.plane import ControlPlane

__all__ = ["POSTS", "SCREENS", "asked_by_console", "path_of", "session_key"]

SCREENS = [path for path, show, _ in TABLE if show is not None]
"""Every address that shows a page."""

POSTS = [path for path, _, act in TABLE if act is not None]
"""Every address that a form may be sent to."""


def asked_by_console(control_plane: ControlPlane, since: int) -> list[str]:
    """The requests of any console from that byte of the audit log on, but those of open pages that follow what is."""
    asked = control_plane.audit_events("pharia-access-console/", since=since)
    return [str(event["requestURI"]) for event in asked if not str(event["userAgent"]).endswith(" live")]


def path_of(console: ConsoleAddress, template: str, namespace: str) -> str:
    """An address of the table, with names that may be there."""
    return console.base + template.format(namespace=namespace, name="invoice-bot")


async def session_key(context: BrowserContext, home: str) -> str:
    """The value of the session's cookie."""
    cookies = await context.cookies(f"{home}/")
    return next(str(cookie.get("value")) for cookie in cookies if cookie.get("name") == COOKIE)
