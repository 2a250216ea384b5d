"""Other pages and programs of the same machine: what they try reaches neither the person's session nor the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from pharia_access.entrypoints.console.sessions import COOKIE
from tests.support.browser.asked import POSTS, asked_by_console, path_of, session_key
from tests.support.browser.raw_requests import ask
from tools.browser.chromium import listened

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

    from tests.support.browser.hostile_site import HostileSite
    from tools.browser.chromium import Heard
    from tools.browser.console_process import RunningConsole
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

FORM = """<form id=f method=post action="{url}" target="there"><input name=name value=planted></form>
<iframe name="there"></iframe><script>f.submit()</script>"""
FETCH = """<script>fetch("{url}", {{method: "POST", mode: "no-cors", credentials: "include",
  headers: {{"Content-Type": "application/x-www-form-urlencoded"}}, body: "name=planted"}})
  .finally(() => document.title = "sent")</script>"""


async def test_another_port_s_page_posts_forms_and_nothing_happens(
    page: Page, console: RunningConsole, elsewhere: HostileSite, control_plane: ControlPlane, workspace: Workspace
) -> None:
    since = control_plane.audit_log.stat().st_size
    hostile = await page.context.new_page()
    statuses = {}

    for path in [*POSTS, "/sign-out"]:
        url = console.origin + path_of(console, path, workspace.namespace)
        elsewhere.pages["/"] = FORM.format(url=url)
        async with hostile.expect_response(url) as answered:
            await hostile.goto(elsewhere.url)
        statuses[path] = (await answered.value).status

    assert set(statuses.values()) == {403}
    assert asked_by_console(control_plane, since) == []
    await page.reload()
    assert await page.locator("#title").inner_text() == "Credentials"


async def test_another_port_s_script_posts_and_nothing_happens(
    page: Page, console: RunningConsole, elsewhere: HostileSite, control_plane: ControlPlane, workspace: Workspace
) -> None:
    since = control_plane.audit_log.stat().st_size
    hostile = await page.context.new_page()
    heard = listened(hostile)
    urls = {console.origin + path_of(console, path, workspace.namespace) for path in [*POSTS, "/sign-out"]}

    for url in urls:
        elsewhere.pages["/"] = FETCH.format(url=url)
        await hostile.goto(elsewhere.url)
        await hostile.wait_for_function("() => document.title === 'sent'")

    assert urls <= set(heard.requests)
    assert asked_by_console(control_plane, since) == []
    await page.reload()
    assert await page.locator("#title").inner_text() == "Credentials"


async def test_another_port_s_page_is_never_sent_the_cookie(page: Page, elsewhere: HostileSite, key: str) -> None:
    elsewhere.pages["/"] = "<img src=/picture>"

    hostile = await page.context.new_page()
    await hostile.goto(elsewhere.url, wait_until="networkidle")

    assert {path for path, _ in elsewhere.received} >= {"/", "/picture"}
    assert [cookie for _, cookie in elsewhere.received if key in cookie] == []


async def test_a_frame_stays_blank(page: Page, console: RunningConsole, elsewhere: HostileSite) -> None:
    elsewhere.pages["/"] = f'<iframe id=it src="{page.url}"></iframe>'

    hostile = await page.context.new_page()
    await hostile.goto(elsewhere.url, wait_until="networkidle")

    assert [frame.url for frame in hostile.frames[1:]] == ["chrome-error://chromewebdata/"]
    assert console.home in page.url


async def test_who_opens_the_console_in_a_window_cannot_reach_into_it(page: Page, elsewhere: HostileSite) -> None:
    elsewhere.pages["/"] = f"<button onclick=\"w = window.open('{page.url}')\">open</button>"
    hostile = await page.context.new_page()
    await hostile.goto(elsewhere.url)

    async with hostile.context.expect_page() as opened:
        await hostile.get_by_role("button").click()
    window = await opened.value
    await window.wait_for_load_state()

    assert await hostile.evaluate("() => w.closed") is True
    assert await window.evaluate("() => window.opener") is None


async def test_another_page_can_load_no_file_of_the_console(page: Page, elsewhere: HostileSite) -> None:
    source = await page.locator("script").get_attribute("src")
    icon = await page.locator("link[rel=icon]").get_attribute("href")
    origin = page.url.partition("/namespaces")[0].rpartition("/")[0]
    elsewhere.pages["/"] = (
        f'<script src="{origin}{source}" onload="got = 1" onerror="failed = 1"></script><img src="{origin}{icon}">'
    )
    hostile = await page.context.new_page()

    await hostile.goto(elsewhere.url, wait_until="load")

    assert await hostile.evaluate("() => [typeof failed, typeof got]") == ["number", "undefined"]
    assert await hostile.evaluate("() => document.images[0].naturalWidth") == 0


async def test_a_cookie_that_was_planted_before_is_not_the_session(
    context: BrowserContext, console: RunningConsole
) -> None:
    await context.add_cookies([{"name": COOKIE, "value": "planted", "url": f"{console.home}/", "httpOnly": True}])
    tab = await context.new_page()

    await console.open(tab)

    assert await session_key(context, console.home) != "planted"
    headers = [("Host", f"127.0.0.1:{console.port}"), ("Cookie", f"{COOKIE}=planted")]
    assert ask(console.port, f"{console.base}/", headers).status == 403


async def test_the_link_opens_once(page: Page, console: RunningConsole) -> None:
    other = await page.context.browser.new_context() if page.context.browser else page.context
    second = await other.new_page()

    await second.goto(console.link)
    await second.get_by_text("This key opens nothing").wait_for()

    await second.goto(f"{console.home}/")
    assert await second.get_by_role("heading", level=1).text_content() == "Signed out"


async def test_the_key_stands_in_no_process_list_request_or_log(page: Page, console: RunningConsole) -> None:
    other = await page.context.browser.new_page() if page.context.browser else page
    requests: list[str] = []
    other.on("request", lambda request: requests.append(f"{request.url} {request.headers.get('referer')}"))

    await other.goto(console.link)
    await other.get_by_text("This key opens nothing").wait_for()

    running = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    assert [line for line in running if console.key in line] == []
    assert len(requests) > 2
    assert [line for line in requests if console.key in line.partition("#")[0]] == []
    assert console.output.count(console.key) == 1  # the link itself


async def test_a_page_asks_nobody_but_the_console_and_says_nothing_to_its_own(
    page: Page, console: RunningConsole, heard: Heard
) -> None:
    await page.reload()
    await page.get_by_role("link", name="Create new API credential").click()
    await page.get_by_role("heading", level=1).wait_for()

    assert heard.requests
    assert [url for url in heard.requests if not url.startswith(f"{console.home}/")] == []
    assert heard.console == []
