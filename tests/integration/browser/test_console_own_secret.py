"""A secret that goes into a Secret of the namespace: past the browser, and told who is to restart."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.token import parse
from tools.browser.console_visitor import ConsoleVisitor

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser

    from tools.browser.console_process import RunningConsole
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting", "credential")

INTO = "Create token into a Secret of this namespace"
WORKLOAD = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "spec": {
        "selector": {"matchLabels": {"app": "bot"}},
        "template": {
            "metadata": {"labels": {"app": "bot"}},
            "spec": {
                "containers": [{"name": "bot", "image": "bot", "envFrom": [{"secretRef": {"name": "invoice-bot"}}]}]
            },
        },
    },
}


@pytest.fixture
def credential(workspace: Workspace) -> None:
    """The credential invoice-bot."""
    workspace.credential()


def stored(workspace: Workspace, name: str = "invoice-bot") -> str:
    """The token in the person's Secret."""
    return base64.b64decode(workspace.known("Secret", name)["data"]["token"]).decode()


async def create_into(anna: ConsoleVisitor, name: str) -> str:
    """From the form to the Secret that is proposed; what the page says then."""
    await anna.page.goto(anna.address("credentials", "invoice-bot", "new-token"))
    await anna.page.get_by_label("Name", exact=True).fill(name)
    await anna.button(INTO).click()
    await anna.titled(f"Store the secret of {name}")
    await anna.button("Store the secret").click()
    await anna.titled(name)
    return await anna.page.locator("#notice").inner_text()


async def test_the_secret_is_stored_and_no_answer_holds_it(
    browser: Browser, console: RunningConsole, workspace: Workspace, tmp_path: Path
) -> None:
    har = tmp_path / "all.har"
    context = await browser.new_context(record_har_path=har)
    page = await context.new_page()
    await console.open(page)
    anna = ConsoleVisitor(page, console.home, workspace.namespace)

    told = await create_into(anna, "ci")
    await context.close()

    secret = stored(workspace)
    token = workspace.until_delivery("ci", "Collected")
    assert verify_hash(token["status"]["hash"], parse(secret))
    assert told.startswith("The secret of ci is in Secret invoice-bot, under token. The token ends at ")
    assert secret not in har.read_text() + console.output
    workspace.until_gone("Secret", "ci-token")


async def test_in_place_of_another_token_it_says_who_restarts_and_when_that_one_ends(
    anna: ConsoleVisitor, workspace: Workspace
) -> None:
    await create_into(anna, "ci")
    before = stored(workspace)
    assert workspace.api.create({**WORKLOAD, "metadata": {"name": "bot", "namespace": workspace.namespace}}).ok

    told = await create_into(anna, "ci-2")

    assert "is in Secret invoice-bot, under token in place of ci." in told
    assert "The token ci, which the Secret held before, ends at " in told
    assert "To use the new token, restart deployment/bot." in told
    assert stored(workspace) != before


async def test_somebody_else_s_secret_stays_and_the_token_waits(anna: ConsoleVisitor, workspace: Workspace) -> None:
    metadata = {"name": "theirs", "namespace": workspace.namespace}
    assert workspace.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata}).ok
    workspace.issued()

    await anna.page.goto(anna.address("tokens", "ci"))
    await anna.page.locator("#store-secret").click()
    await anna.page.get_by_label("Secret", exact=True).fill("theirs")
    await anna.button("Store the secret").click()

    await anna.page.get_by_text('A Secret "theirs" already exists').wait_for()
    assert "data" not in workspace.known("Secret", "theirs")
    assert workspace.text("ci-token").reveal()


async def test_the_box_leads_there_without_asking_and_keeps_no_secret(
    anna: ConsoleVisitor, workspace: Workspace
) -> None:
    asked = list[str]()
    anna.page.on("dialog", lambda dialog: asked.append(dialog.type))
    await anna.create_token("invoice-bot", "ci")
    secret = workspace.text("ci-token").reveal()

    await anna.page.locator("dialog #store").click()
    await anna.titled("Store the secret of ci")

    assert asked == []
    assert secret not in await anna.page.content()
    assert "It was shown in this browser before" in await anna.page.locator("#explained").inner_text()


async def test_without_script_it_works_too(browser: Browser, console: RunningConsole, workspace: Workspace) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await console.open_without_script(page)
    anna = ConsoleVisitor(page, console.home, workspace.namespace)
    await anna.titled("Credentials")

    told = await create_into(anna, "ci")
    await context.close()

    assert told.startswith("The secret of ci is in Secret invoice-bot")
    assert parse(stored(workspace)).reveal()
