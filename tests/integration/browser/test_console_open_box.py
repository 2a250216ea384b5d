"""One tab while others act: somebody else, another tab, a request that was under way, a second console."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access.entrypoints.console.sessions import COOKIE
from tests.support.browser.asked import session_key
from tests.support.browser.raw_requests import ask
from tools.browser.console_process import start_console
from tools.browser.console_visitor import ConsoleVisitor

if TYPE_CHECKING:
    from pathlib import Path

    from tools.browser.console_process import RunningConsole
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting", "credential")

TAKEN = "The secret was taken by somebody else. If that was not you: revoke it."


@pytest.fixture
def credential(workspace: Workspace) -> None:
    """The credential invoice-bot."""
    workspace.credential()


async def test_somebody_else_s_collection_is_told_in_the_open_box(anna: ConsoleVisitor, workspace: Workspace) -> None:
    await anna.create_token("invoice-bot", "ci")

    workspace.delete(workspace.known("Secret", "ci-token"))

    await anna.page.locator("#secret-state", has_text=TAKEN).wait_for()


async def test_a_confirmation_in_another_tab_is_told_as_that(
    anna: ConsoleVisitor, console: RunningConsole, workspace: Workspace
) -> None:
    await anna.create_token("invoice-bot", "ci")
    other = ConsoleVisitor(await anna.page.context.new_page(), console.home, workspace.namespace)
    await other.page.goto(other.address("tokens", "ci") + "?secret=show")
    await other.until_secret()
    await other.copy_secret()

    await anna.page.bring_to_front()

    await anna.page.locator("#secret-state", has_text="The secret was confirmed as stored in another tab.").wait_for()


async def test_what_another_tab_asked_before_the_key_turned_is_answered(
    anna: ConsoleVisitor, console: RunningConsole
) -> None:
    before = await session_key(anna.page.context, console.home)
    await anna.create_token("invoice-bot", "ci")
    await anna.copy_secret()

    path = anna.address("credentials").removeprefix(console.origin)
    answer = ask(console.port, path, [("Host", f"127.0.0.1:{console.port}"), ("Cookie", f"{COOKIE}={before}")])

    assert await session_key(anna.page.context, console.home) != before
    assert (answer.status, "set-cookie" in answer.headers) == (200, False)


async def test_a_second_console_says_where_the_tab_of_the_first_goes_on(
    anna: ConsoleVisitor, console: RunningConsole, control_plane: ControlPlane, workspace: Workspace, tmp_path: Path
) -> None:
    second = start_console(control_plane, tmp_path / "second", f"--namespace={workspace.namespace}")
    try:
        await anna.page.goto(f"{console.home}/")
        await anna.titled("Credentials")
    finally:
        second.process.stop()

    assert f"Another console of yours runs at {console.home}/" in second.output
    assert console.key not in second.output
