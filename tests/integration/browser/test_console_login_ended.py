"""A login that ends while the console is open: said once, nothing is lost, and the page asks in no loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.support.browser.live_pages import LONG_MS, marked, until_live
from tools.browser.console_process import RunningConsole, start_console
from tools.browser.console_visitor import ConsoleVisitor
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.async_api import BrowserContext

    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

ACCOUNT = "passing"
MOST_DOCUMENTS = 3
"""In ten seconds; a loop would ask four times a second."""


@pytest.fixture
def console_of_an_account(
    control_plane: ControlPlane, workspace: Workspace, tmp_path: Path
) -> Iterator[RunningConsole]:
    """The console of a ServiceAccount, whose token ends with it."""
    here = f"--namespace={workspace.namespace}"
    control_plane.kubectl("create", "serviceaccount", ACCOUNT, here)
    who = f"--serviceaccount={workspace.namespace}:{ACCOUNT}"
    control_plane.kubectl("create", "rolebinding", ACCOUNT, "--clusterrole=admin", who, here)
    config = control_plane.service_account_kubeconfig(workspace.namespace, ACCOUNT, tmp_path / "kubeconfig")
    running = start_console(control_plane, tmp_path / "console", f"--kubeconfig={config}", here)
    yield running
    running.process.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def carl(context: BrowserContext, console_of_an_account: RunningConsole, workspace: Workspace) -> ConsoleVisitor:
    page = await context.new_page()
    await console_of_an_account.open(page)
    return ConsoleVisitor(page, console_of_an_account.home, workspace.namespace)


async def test_it_is_said_once_the_form_is_kept_and_nothing_asks_in_a_loop(
    carl: ConsoleVisitor, control_plane: ControlPlane, workspace: Workspace, tmp_path: Path
) -> None:
    workspace.credential()
    page, listing = carl.page, await carl.page.context.new_page()
    await listing.goto(carl.address("credentials"))
    await until_live(listing)
    await marked(listing)
    await page.goto(carl.address("credentials", "invoice-bot", "new-token"))
    await page.get_by_label("Description").fill("for the nightly job")

    end_login(control_plane, workspace, tmp_path / "kubeconfig")
    await carl.button("Create token and show secret").click()
    await page.get_by_text("The API server does not accept your login.").wait_for(timeout=LONG_MS)
    said = await page.locator("main").inner_text()
    documents: list[str] = []
    listing.on("request", lambda request: documents.append(request.url))
    await listing.locator("#live").get_by_text("the API server does not accept your login").wait_for(timeout=LONG_MS)
    await listing.wait_for_timeout(10_000)

    assert said.count("does not accept your login") == 1
    assert "log in again in a terminal" in said
    assert await page.locator("input[name=description]").input_value() == "for the nightly job"
    assert workspace.list("ApiToken") == []
    assert len(documents) <= MOST_DOCUMENTS


def end_login(control_plane: ControlPlane, workspace: Workspace, kubeconfig: Path) -> None:
    """On return its token is good no more."""
    control_plane.kubectl("delete", "serviceaccount", ACCOUNT, f"--namespace={workspace.namespace}")
    wait_until(
        lambda: (
            "Unauthorized" in control_plane.kubectl(f"--kubeconfig={kubeconfig}", "get", "pods", check=False).stderr
            or "logged in" in control_plane.kubectl(f"--kubeconfig={kubeconfig}", "get", "pods", check=False).stderr
        ),
        what="the token of the ServiceAccount ends",
    )
