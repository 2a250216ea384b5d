"""The story of the page that people know, in a browser: each word as it stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.token import parse
from tools.control_plane.workspace import ROLE, condition

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tools.browser.chromium import Heard
    from tools.browser.console_visitor import ConsoleVisitor
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting")

ONCE = (
    "This is the only occasion when you can view the secret! After you close this box, there is no way to recover the "
    "secret."
)
DELETE_TOKEN = (
    "If you delete a token that is still in use, any system using this token will no longer have access to the "
    "PhariaAI platform."
)
DELETE_CREDENTIAL = (
    "Deleting a credential also deletes all its associated tokens! Any system using one of these tokens will no longer "
    "have access to the PhariaAI platform."
)
EDIT_ROLES = (
    "Adding or removing a role from a credential affects all applications using the credential's associated tokens!"
)


async def cells(page: Page, table: str) -> list[list[str]]:
    """A table's rows as people read them."""
    rows = await page.locator(f"#{table} tbody tr").all()
    return [await row.locator("th, td").all_inner_texts() for row in rows]


async def test_the_story_of_the_page(anna: ConsoleVisitor, workspace: Workspace, heard: Heard) -> None:
    page = anna.page
    assert await page.locator("#empty").inner_text() == (
        f"There are no credentials in {workspace.namespace}. A credential is a name with roles; tokens live under it."
    )
    await anna.create_credential("invoice-bot", ROLE)
    await anna.titled("invoice-bot")
    assert (await page.locator("#roles").inner_text()).split()[0] == ROLE

    await _adds_a_token(anna, workspace)
    await page.goto(anna.address("credentials"))
    await page.locator("#credentials tbody").get_by_text("In force").wait_for()  # the operator may have minted first
    ((name, roles, active, used, _, state),) = await cells(page, "credentials")
    assert (name, roles.strip(), active, used, state) == ("invoice-bot", ROLE, "1", "never seen in use", "In force")

    await _deletes_all(anna)
    assert (workspace.list("ApiToken"), workspace.list("ApiCredential")) == ([], [])
    assert heard.console == []


async def _adds_a_token(anna: ConsoleVisitor, workspace: Workspace) -> None:
    """From the credential's page; its secret is seen masked, and copied."""
    page = anna.page
    await anna.link("Create new token").click()
    await anna.titled("Add token to invoice-bot")
    await page.get_by_label("Name", exact=True).fill("ci")
    await page.get_by_label("30 days").check()
    assert (await page.locator("#ends-told").inner_text()).startswith("Ends on ")
    await anna.button("Create token and show secret").click()
    await anna.until_secret()
    box = page.get_by_role("dialog", name="Secret of ci")
    assert await box.locator("#only-occasion").inner_text() == ONCE
    masked = await box.locator("#secret-text").inner_text()
    secret = await anna.copy_secret()
    token = workspace.until_delivery("ci", "Collected")
    assert masked == f"pharia_{token['status']['tokenID']}_••••"
    assert verify_hash(token["status"]["hash"], parse(secret))
    assert condition(token, "Delivered")["status"] == "True"
    assert await box.count() == 0


async def _deletes_all(anna: ConsoleVisitor) -> None:
    """The token, then the credential: each warned of in the words that people know."""
    page = anna.page
    await page.goto(anna.address("tokens", "ci"))
    await anna.link("Delete").click()
    assert await page.locator("#sentence").inner_text() == DELETE_TOKEN
    await anna.confirm("Delete for good")
    await page.get_by_text("invoice-bot has no tokens.").wait_for()

    await anna.link("Delete credential").click()
    assert await page.locator("#sentence").inner_text() == DELETE_CREDENTIAL
    await anna.link("Suspend instead").wait_for()
    await anna.confirm("Delete for good")
    await page.locator("#empty").wait_for()


async def test_roles_are_changed_with_what_that_means(anna: ConsoleVisitor, workspace: Workspace) -> None:
    workspace.credential()
    workspace.issued()
    page = anna.page

    await page.goto(anna.address("credentials", "invoice-bot"))
    await anna.link("Edit roles").click()

    await anna.titled("Edit credentials roles")
    assert await page.locator("#sentence").inner_text() == EDIT_ROLES
    assert "ci: never seen in use" in await page.locator("main").inner_text()
    assert await anna.button("Save").is_disabled()
    await page.get_by_role("checkbox", name=ROLE).uncheck()
    assert await anna.button("Save and take away 1 role").is_enabled()


async def test_a_credential_is_suspended_and_resumed(anna: ConsoleVisitor, workspace: Workspace) -> None:
    workspace.credential()

    await anna.page.goto(anna.address("credentials", "invoice-bot"))
    await anna.link("Suspend").click()
    await anna.confirm("Suspend")
    await anna.titled("invoice-bot")
    assert workspace.known("ApiCredential", "invoice-bot")["spec"]["suspended"] is True

    await anna.link("Resume").click()
    await anna.confirm("Resume")
    await anna.link("Suspend").wait_for()
    assert workspace.known("ApiCredential", "invoice-bot")["spec"].get("suspended", False) is False


async def test_a_token_is_revoked_and_stays_as_proof(anna: ConsoleVisitor, workspace: Workspace) -> None:
    workspace.credential()
    workspace.issued()

    await anna.page.goto(anna.address("tokens", "ci"))
    await anna.page.locator("#revoke").click()
    await anna.confirm("Revoke for good")

    await anna.page.locator("#history").get_by_text("Revoked").wait_for()
    assert workspace.known("ApiToken", "ci")["spec"]["revoked"] is True


async def test_what_changed_since_it_was_asked_is_asked_again(anna: ConsoleVisitor, workspace: Workspace) -> None:
    workspace.credential()
    await anna.page.goto(anna.address("credentials", "invoice-bot", "delete"))
    workspace.issued("meanwhile")

    await anna.confirm("Delete for good")

    assert "Something changed since you were asked." in await anna.page.locator("#changed").inner_text()
    assert "meanwhile" in await anna.page.locator("#affected").inner_text()
    assert workspace.read("ApiCredential", "invoice-bot")
