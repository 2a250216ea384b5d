"""An open form is told what happens to its object, before it is sent; what was typed and ticked stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.browser.live_pages import LONG_MS, SAME, marked, until_live
from tools.control_plane.workspace import ROLE

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tools.browser.console_visitor import ConsoleVisitor
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting")


async def told(page: Page, words: str | re.Pattern[str]) -> str:
    """What the form says meanwhile, once it says so."""
    line = page.locator("#meanwhile").filter(has_text=words)
    await line.wait_for(timeout=LONG_MS)
    return await line.inner_text()


async def opened(anna: ConsoleVisitor, *screen: str) -> Page:
    """A form that follows its object."""
    await anna.page.goto(anna.address(*screen))
    await until_live(anna.page)
    assert await anna.page.locator("#meanwhile").inner_text() == ""
    await marked(anna.page)
    return anna.page


async def test_a_change_of_its_roles_is_told_before_they_are_saved_and_ticks_stay(
    anna: ConsoleVisitor, workspace: Workspace
) -> None:
    other = workspace.role(f"other-{workspace.namespace}")["metadata"]["name"]
    made = workspace.credential()
    page = await opened(anna, "credentials", "invoice-bot", "roles")
    await page.get_by_role("checkbox", name=ROLE, exact=True).uncheck()

    workspace.change(made, {"spec": {"roles": [ROLE, other]}})
    line = await told(page, "was changed at")

    assert re.search(rf"\(by [\w./-]+\): its roles are {ROLE}, {other}\.", line)
    assert not await page.get_by_role("checkbox", name=ROLE, exact=True).is_checked()
    assert await page.evaluate(SAME)
    await anna.button("Save and take away 1 role").click()
    assert "Your change is below; look, then save again." in await page.locator("#changed").inner_text()
    assert workspace.known("ApiCredential", "invoice-bot")["spec"]["roles"] == [ROLE, other]


async def test_a_deletion_is_told_on_a_form_for_a_token_and_what_was_typed_stays(
    anna: ConsoleVisitor, workspace: Workspace
) -> None:
    made = workspace.credential()
    page = await opened(anna, "credentials", "invoice-bot", "new-token")
    await page.get_by_label("Description").fill("for the nightly job")

    workspace.delete(made)
    await told(page, "Credential invoice-bot was deleted. This was seen at")

    assert await page.get_by_label("Description").input_value() == "for the nightly job"
    assert await page.evaluate(SAME)


@pytest.mark.parametrize("act", ["delete", "suspend"])
async def test_a_token_that_comes_is_told_on_the_question_that_names_them(
    act: str, anna: ConsoleVisitor, workspace: Workspace
) -> None:
    workspace.credential()
    page = await opened(anna, "credentials", "invoice-bot", act)

    workspace.issued("late")
    await told(page, "The tokens of invoice-bot changed: it has 1 active token now.")

    assert await page.evaluate(SAME)


async def test_a_revocation_is_told_on_every_form_about_the_token(
    anna: ConsoleVisitor, workspace: Workspace, subtests: pytest.Subtests
) -> None:
    workspace.credential()
    for act in ("rotate", "end", "delete", "store"):
        with subtests.test(act):
            workspace.issued(f"for-{act}")
            page = await opened(anna, "tokens", f"for-{act}", act)

            workspace.revoke(f"for-{act}")
            await told(page, re.compile(rf"Token for-{act} was changed at .* \(by [\w./-]+\): it is revoked\."))

            assert await page.evaluate(SAME)


async def test_a_hundred_statuses_that_the_operator_writes_hinder_nobody(
    anna: ConsoleVisitor, workspace: Workspace
) -> None:
    other = workspace.role(f"other-{workspace.namespace}")["metadata"]["name"]
    made = workspace.credential(roles=[ROLE, other])
    page = await opened(anna, "credentials", "invoice-bot", "roles")
    await page.get_by_role("checkbox", name=other, exact=True).uncheck()

    for count in range(100):
        workspace.api.patch(made, {"status": {"tokens": {"active": count}}}, subresource="status")
    quiet = await page.locator("#meanwhile").inner_text()
    await anna.button("Save and take away 1 role").click()
    await anna.titled("Edit credentials roles")
    await anna.button("Save and take away 1 role").click()
    await anna.titled("invoice-bot")

    assert quiet == ""
    assert workspace.known("ApiCredential", "invoice-bot")["spec"]["roles"] == [ROLE]
