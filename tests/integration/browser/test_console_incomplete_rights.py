"""A cluster that cannot list rights, since another authorizer stands beside RBAC: nothing is denied for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browser.webhook_authorizer import authorizer_of
from tools.browser.console_process import start_console
from tools.browser.console_visitor import ConsoleVisitor
from tools.control_plane.api import Api
from tools.control_plane.installation import install
from tools.control_plane.plane import ControlPlane
from tools.control_plane.workspace import ROLE, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.async_api import Browser

USER = "mara"


@pytest.fixture(scope="module")
def judged_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    folder = tmp_path_factory.mktemp("judged")
    with authorizer_of(USER, folder / "authorizer.json") as flags, ControlPlane.start(folder / "plane") as plane:
        install(plane)
        plane.restart_api_server_with(*flags)
        plane.kubectl("create", "namespace", "finance")
        yield plane


async def test_rights_that_the_cluster_cannot_list_are_said_to_be_unknown_and_disable_nothing(
    judged_elsewhere: ControlPlane, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    workspace = Workspace(Api(judged_elsewhere.kubeconfig), "finance")
    workspace.role()
    folder = tmp_path_factory.mktemp("console")
    console = start_console(judged_elsewhere, folder, "--namespace=finance", f"--as={USER}")
    context = await browser.new_context()
    try:
        page = await context.new_page()
        await console.open(page)
        mara = ConsoleVisitor(page, console.home, "finance")
        await page.goto(mara.address("who-may"))
        incomplete = await page.locator("#incomplete").inner_text()
        own = [row.split("\t")[2] for row in await page.locator("#own tbody tr").all_inner_texts()]
        await mara.create_credential("invoice-bot", ROLE)
        await page.goto(mara.address("credentials", "invoice-bot", "suspend"))
        await mara.confirm("Suspend")
        await page.locator("#state", has_text="Suspended").wait_for()
    finally:
        await context.close()
        console.process.stop()

    assert incomplete.startswith("The cluster cannot list your rights (")
    assert "each button asks when you come to it" in incomplete
    assert own == ["not listed"] * len(own)
    assert workspace.known("ApiCredential", "invoice-bot")["spec"]["suspended"] is True
