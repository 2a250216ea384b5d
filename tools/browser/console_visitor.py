"""A person at the console's pages: what they press, in the words that stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Locator, Page

__all__ = ["ConsoleVisitor", "pasted"]


async def pasted(context: BrowserContext) -> str:
    """What is in the clipboard: pasted into another page, since the console's may not read it."""
    page = await context.new_page()
    await page.set_content("<textarea autofocus></textarea>")
    await page.locator("textarea").press("Control+v")
    text = await page.locator("textarea").input_value()
    await page.close()
    return text


@dataclass(frozen=True, slots=True)
class ConsoleVisitor:
    """Somebody with a signed-in page, in one namespace.

    Attributes:
        home: the address that all addresses of the console begin with.
    """

    page: Page
    home: str
    namespace: str

    def address(self, *parts: str) -> str:
        """Of a screen of the namespace, such as `credentials`, `invoice-bot`, `delete`."""
        return "/".join([self.home, "namespaces", self.namespace, *parts])

    def button(self, name: str) -> Locator:
        """What is pressed to do something."""
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        """What leads to another page."""
        return self.page.get_by_role("link", name=name, exact=True)

    async def titled(self, title: str) -> None:
        """Wait for the page of that title, whole."""
        await self.page.get_by_role("heading", level=1, name=title, exact=True).wait_for()
        await self.page.wait_for_load_state()

    async def create_credential(self, name: str, *roles: str) -> None:
        """From the list to the page of a new credential."""
        await self.page.goto(self.address("credentials"))
        await self.link("Create new API credential").click()
        await self.page.get_by_label("Name", exact=True).fill(name)
        for role in roles:
            await self.page.get_by_role("checkbox", name=role, exact=True).check()
        await self.button("Create credential").click()
        await self.page.wait_for_url(re.compile(rf"/credentials/{name}$"))

    async def create_token(self, credential: str, name: str) -> None:
        """From a credential's page to the box that shows the secret of a new token."""
        await self.page.goto(self.address("credentials", credential, "new-token"))
        await self.page.get_by_label("Name", exact=True).fill(name)
        await self.button("Create token and show secret").click()
        await self.until_secret()

    async def until_secret(self) -> None:
        """Wait until the box has the secret."""
        await self.button("Copy secret and close dialog").wait_for()

    async def copy_secret(self) -> str:
        """Copy the secret and close its box; what is in the clipboard then."""
        await self.button("Copy secret and close dialog").click()
        await self.page.get_by_text("The secret is in your clipboard.").wait_for()
        return await pasted(self.page.context)

    async def confirm(self, action: str, *, typed: str = "") -> None:
        """Answer the page that asks before something is taken away."""
        if typed:
            await self.page.get_by_label(f"Type {typed} to confirm").fill(typed)
        await self.button(action).click()
