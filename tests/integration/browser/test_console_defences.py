"""Each defence of the console holds its attack off; taken out, the attack works. In a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access.entrypoints.console.sessions import COOKIE
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.stored_bodies import an_active_token
from tests.support.browser.asked import session_key
from tests.support.browser.console_here import console_here
from tests.support.browser.hostile_site import hostile_site
from tests.support.browser.raw_requests import ask_aside
from tests.support.browser.taken_out import TAKEN_OUT
from tests.support.builders.domain_objects import TEXT
from tools.browser.chromium import go_back
from tools.control_plane.resources import api_credential, api_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from playwright.async_api import BrowserContext, Page

    from tests.support.administration.fake_objects import FakeObjects
    from tools.browser.console_process import ConsoleAddress

    Attack = Callable[[ConsoleAddress, Page, FakeObjects], Awaitable[bool]]

HERE = "/namespaces/finance"
SECRET = TEXT.reveal()


async def rebound(console: ConsoleAddress, page: Page, _: FakeObjects) -> bool:
    """A name that was bound to this machine is answered."""
    key = await session_key(page.context, console.home)
    headers = [("Host", f"console.example:{console.port}"), ("Cookie", f"{COOKIE}={key}")]
    return (await ask_aside(console.port, f"{console.base}{HERE}/credentials", headers)).status == 200


async def forged(console: ConsoleAddress, page: Page, objects: FakeObjects) -> bool:
    """Another port's page creates a credential by a form."""
    with hostile_site() as site:
        url = f"{console.home}{HERE}/new-credential"
        fields = "<input name=name value=planted><input name=role value=studio-user>"
        site.pages["/"] = f'<form id=f method=post action="{url}">{fields}</form><script>f.submit()</script>'
        other = await page.context.new_page()
        async with other.expect_response(url):
            await other.goto(site.url)
    return any(name == "planted" for _, _, name in objects.bodies)


async def overheard(console: ConsoleAddress, page: Page, _: FakeObjects) -> bool:
    """Another port of this machine is sent the cookie."""
    key = await session_key(page.context, console.home)
    with hostile_site() as site:
        other = await page.context.new_page()
        await other.goto(site.url)
        return any(key in cookie for _, cookie in site.received)


async def opened_again(console: ConsoleAddress, page: Page, _: FakeObjects) -> bool:
    """The same key opens a second session."""
    headers = [("Host", f"127.0.0.1:{console.port}"), ("Origin", console.origin)]
    path, body = f"{console.base}/open", f"key={console.key}"
    return (await ask_aside(console.port, path, headers, method="POST", body=body)).status == 303


async def asked_by_a_form(console: ConsoleAddress, page: Page, _: FakeObjects) -> bool:
    """A form that was smuggled into a page of ours makes a document of the secret."""
    await page.goto(f"{console.home}{HERE}/credentials/invoice-bot/delete")
    await page.evaluate(f"() => {{ document.forms.confirmation.action = '{console.base}{HERE}/tokens/new/secret' }}")
    await page.get_by_role("button", name="Delete for good").click()
    await page.wait_for_url("**/secret")
    return SECRET in await page.content()


async def framed(console: ConsoleAddress, page: Page, _: FakeObjects) -> bool:
    """Another page shows ours in a frame."""
    with hostile_site() as site:
        site.pages["/"] = f'<iframe src="{console.home}{HERE}/credentials"></iframe>'
        other = await page.context.new_page()
        await other.goto(site.url, wait_until="networkidle")
        return await other.frames[1].locator("#title").count() == 1


async def marked_up(console: ConsoleAddress, page: Page, objects: FakeObjects) -> bool:
    """A description becomes part of the page."""
    objects.put(api_credential("finance", "hostile", description="<b id=hacked>x</b>"))
    await page.goto(f"{console.home}{HERE}/credentials/hostile")
    return await page.locator("#hacked").count() == 1


async def scripted(console: ConsoleAddress, page: Page, objects: FakeObjects) -> bool:
    """A script in a description runs."""
    text = "<img src=x onerror='document.title = 1'><script>document.title = 1</script>"
    objects.put(api_credential("finance", "hostile", description=text))
    await page.goto(f"{console.home}{HERE}/credentials/hostile", wait_until="networkidle")
    return await page.title() == "1"


async def written_as_html(console: ConsoleAddress, page: Page, _: FakeObjects) -> bool:
    """A text that is assigned becomes HTML."""
    return bool(
        await page.evaluate(
            "() => { try { document.body.innerHTML = '<b>x</b>'; return true } catch { return false } }"
        )
    )


async def held_by_opener(console: ConsoleAddress, page: Page, _: FakeObjects) -> bool:
    """Who opened our page in a window keeps a hold of it."""
    with hostile_site() as site:
        site.pages["/"] = f"<button onclick=\"w = window.open('{page.url}')\">open</button>"
        other = await page.context.new_page()
        await other.goto(site.url)
        async with other.context.expect_page() as opening:
            await other.get_by_role("button").click()
        await (await opening.value).locator("h1").wait_for()
        return not await other.evaluate("() => w.closed")


async def loaded(console: ConsoleAddress, page: Page, _: FakeObjects) -> bool:
    """Another page loads our picture."""
    icon = await page.locator("link[rel=icon]").get_attribute("href")
    with hostile_site() as site:
        # Another name of this machine: the same site is another port's, too.
        site.pages["/"] = f'<img src="{console.origin}{icon}">'
        other = await page.context.new_page()
        await other.goto(site.url.replace("127.0.0.1", "localhost"), wait_until="load")
        return bool(await other.evaluate("() => document.images[0].naturalWidth"))


async def gone_back_to(console: ConsoleAddress, page: Page, _: FakeObjects) -> bool:
    """Back shows a secret that was revealed."""
    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto(f"{console.home}{HERE}/tokens/new?secret=show")
    await page.get_by_role("button", name="Reveal").click()
    await page.goto(f"{console.home}{HERE}/credentials")
    await go_back(page)
    await page.locator("#secret-title").wait_for()
    return SECRET in await page.content()


async def confirmed_unseen(console: ConsoleAddress, page: Page, objects: FakeObjects) -> bool:
    """A confirmation takes what it did not show."""
    await page.goto(f"{console.home}{HERE}/credentials/invoice-bot/delete")
    objects.put(an_active_token(api_token("finance", "meanwhile")))
    await page.get_by_role("button", name="Delete for good").click()
    await page.wait_for_load_state()
    return ("ApiCredential", "finance", "invoice-bot") not in objects.bodies


ATTACKS: dict[str, Attack] = {
    "the Host is ours": rebound,
    "the Origin is ours": forged,
    "the cookie has the console's path": overheard,
    "the key opens once": opened_again,
    "the secret is for our script": asked_by_a_form,
    "no page frames ours": framed,
    "texts are escaped": marked_up,
    "the policy lets no script in": scripted,
    "no text becomes HTML": written_as_html,
    "no window is kept by its opener": held_by_opener,
    "no other page loads our files": loaded,
    "a page that is left has no secret": gone_back_to,
    "a confirmation is of what was shown": confirmed_unseen,
}
"""What each defence holds off."""


def test_each_defence_has_its_attack() -> None:
    assert ATTACKS.keys() == TAKEN_OUT.keys()


@pytest.mark.parametrize("defence", ATTACKS)
@pytest.mark.parametrize("there", [True, False], ids=["there", "taken out"])
async def test_a_defence_is_what_holds_its_attack_off(
    defence: str, context: BrowserContext, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    objects = a_cluster().put(api_token("finance", "new"))
    await objects.sleep(0)
    if not there:
        TAKEN_OUT[defence](monkeypatch)
    async with console_here(objects) as console:
        page = await context.new_page()
        await console.open(page)

        assert await ATTACKS[defence](console, page, objects) is not there
