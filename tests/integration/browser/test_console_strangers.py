"""Programs and names of the same machine that ask the console: nobody without the session is told anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pharia_access.entrypoints.console.sessions import COOKIE
from tests.support.browser.asked import POSTS, SCREENS, asked_by_console, path_of
from tests.support.browser.raw_requests import ask

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tools.browser.console_process import RunningConsole
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

POLICY = (
    "default-src 'none'; script-src 'nonce' 'strict-dynamic'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)

HOSTS = {
    "a rebound name": [("Host", "console.example:{port}")],
    "a name that begins as ours": [("Host", "127.0.0.1.example:{port}")],
    "another port": [("Host", "127.0.0.1:1")],
    "no port": [("Host", "127.0.0.1")],
    "another spelling": [("Host", "127.1:{port}")],
    "none": [],
    "two": [("Host", "127.0.0.1:{port}"), ("Host", "console.example:{port}")],
}


async def test_a_name_that_leads_here_is_answered_on_no_route(
    page: Page, console: RunningConsole, workspace: Workspace, key: str, subtests: pytest.Subtests
) -> None:
    files = [await page.locator("script").get_attribute("src"), await page.locator("link").last.get_attribute("href")]
    screens = [path_of(console, path, workspace.namespace) for path in SCREENS]
    paths = [*screens, *map(str, files), f"{console.base}/open", f"{console.base}/", "/", "/x"]

    for told, hosts in HOSTS.items():
        with subtests.test(told):
            headers = [(name, value.format(port=console.port)) for name, value in hosts]

            refused = {
                (method, path): ask(console.port, path, [*headers, ("Cookie", f"{COOKIE}={key}")], method=method).status
                for path in paths
                for method in ("GET", "POST")
            }

            # A request with no Host, or two, is refused as none of HTTP/1.1's.
            assert set(refused.values()) <= ({421} if len(hosts) == 1 else {400, 421})


ORIGINS = {
    "none": [],
    "null": [("Origin", "null")],
    "another port": [("Origin", "http://127.0.0.1:1")],
    "another scheme": [("Origin", "https://127.0.0.1:{port}")],
    "the other name of this machine": [("Origin", "http://localhost:{port}")],
    "two": [("Origin", "http://127.0.0.1:{port}"), ("Origin", "http://127.0.0.1:1")],
    "ours, but told to be another site's": [("Origin", "http://127.0.0.1:{port}"), ("Sec-Fetch-Site", "same-site")],
}


async def test_a_form_that_comes_from_elsewhere_is_refused_on_every_route(
    console: RunningConsole, control_plane: ControlPlane, workspace: Workspace, key: str, subtests: pytest.Subtests
) -> None:
    paths = [path_of(console, path, workspace.namespace) for path in POSTS]
    paths += [f"{console.base}/open", f"{console.base}/sign-out"]

    for told, origins in ORIGINS.items():
        with subtests.test(told):
            since = control_plane.audit_log.stat().st_size
            headers = [("Host", f"127.0.0.1:{console.port}"), ("Cookie", f"{COOKIE}={key}")]
            headers += [(name, value.format(port=console.port)) for name, value in origins]

            answers = [ask(console.port, path, headers, method="POST", body="name=planted").status for path in paths]

            assert answers == [403] * len(paths)
            assert asked_by_console(control_plane, since) == []


async def test_who_knows_the_port_but_not_the_path_finds_nothing(console: RunningConsole, workspace: Workspace) -> None:
    host = ("Host", f"127.0.0.1:{console.port}")
    paths = ["/", "/open", "/sign-out", "/favicon.ico", f"/namespaces/{workspace.namespace}/credentials", "/x/../open"]

    assert {ask(console.port, path, [host]).status for path in paths} == {404}


async def test_who_knows_the_path_but_has_no_session_sees_nothing(
    console: RunningConsole, workspace: Workspace
) -> None:
    host = ("Host", f"127.0.0.1:{console.port}")

    paths = [path_of(console, path, workspace.namespace) for path in SCREENS]

    answers = [ask(console.port, path, [host]) for path in paths]

    assert {answer.status for answer in answers} == {403}
    assert [answer.body for answer in answers if workspace.namespace in answer.body] == []


async def test_a_copied_cookie_is_worth_nothing_after_signing_out(
    page: Page, console: RunningConsole, key: str
) -> None:
    headers = [("Host", f"127.0.0.1:{console.port}"), ("Cookie", f"{COOKIE}={key}")]
    assert ask(console.port, f"{console.base}/", headers).status == 303

    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("heading", name="Signed out").wait_for()

    assert ask(console.port, f"{console.base}/", headers).status == 403


async def test_every_answer_carries_the_headers(page: Page, console: RunningConsole, key: str) -> None:
    host = ("Host", f"127.0.0.1:{console.port}")
    script = str(await page.locator("script").get_attribute("src"))
    answers = [
        ask(console.port, path, [host, ("Cookie", f"{COOKIE}={key}")])
        for path in [page.url.removeprefix(console.origin), f"{console.base}/", "/none", f"{console.base}/open", script]
    ]
    answers.append(ask(console.port, "/", [("Host", "console.example")]))

    policies = [re.sub(r"nonce-[\w-]+", "nonce", answer.headers["content-security-policy"]) for answer in answers]
    assert set(policies) == {POLICY}
    assert len({answer.headers["content-security-policy"] for answer in answers}) == len(answers)
    for name, value in {
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }.items():
        assert [answer.headers.get(name) for answer in answers] == [value] * len(answers)
    stored = [answer.headers["cache-control"] for answer in answers]
    assert stored == ["no-store"] * 4 + ["private, max-age=31536000, immutable", "no-store"]
    assert [name for answer in answers for name in answer.headers if name.startswith("access-control")] == []
