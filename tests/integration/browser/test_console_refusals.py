"""What a person may not do, or cannot have meant: the page says which right lacks, or what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.browser.console_process import start_console
from tools.browser.console_visitor import ConsoleVisitor
from tools.control_plane.api import Api, rule
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import BrowserContext

    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting")

GROUP = "access.pharia.ai"


def take_away_rights(control_plane: ControlPlane, workspace: Workspace, person: str) -> None:
    """Take all rights of the namespace from that person; they are gone on return."""
    here = f"--namespace={workspace.namespace}"
    control_plane.kubectl("delete", "rolebinding", "--all", here)
    wait_until(
        lambda: (
            control_plane.kubectl(
                "auth", "can-i", "list", f"apicredentials.{GROUP}", here, user=person, check=False
            ).stdout.strip()
            == "no"
        ),
        what=f"{person} has no rights",
    )


async def test_what_cannot_be_a_namespace_is_a_bad_request(anna: ConsoleVisitor, subtests: pytest.Subtests) -> None:
    for name in ("../x", "Finance", "a.b"):
        with subtests.test(name):
            await anna.page.goto(anna.address("credentials"))
            field = anna.page.get_by_label("Namespace")
            await field.fill(name)
            async with anna.page.expect_navigation() as navigation:
                await field.press("Enter")

            answer = await navigation.value

            assert answer is not None
            assert answer.status == 400
            assert "A namespace's name has lower-case letters" in await anna.page.locator("main").inner_text()


async def test_rights_that_are_lost_in_mid_session_are_named(
    anna: ConsoleVisitor, control_plane: ControlPlane, workspace: Workspace, person: str
) -> None:
    workspace.credential()
    await anna.page.goto(anna.address("credentials", "invoice-bot", "suspend"))
    take_away_rights(control_plane, workspace, person)

    await anna.confirm("Suspend")
    await anna.titled("You may not do this")
    told = await anna.page.locator("main").inner_text()
    assert f"{person} may not get credentials in namespace {workspace.namespace}." in told
    assert f"This needs the verb get on apicredentials.{GROUP}: ask an administrator for it." in told
    assert workspace.known("ApiCredential", "invoice-bot")["spec"].get("suspended", False) is False

    await anna.page.goto(anna.address("credentials"))
    await anna.titled("You may not see this")
    told = await anna.page.locator("main").inner_text()
    assert f"This needs the verb list on apicredentials.{GROUP}: ask an administrator for it." in told


async def test_kubectl_fails_in_the_same_way(
    anna: ConsoleVisitor, control_plane: ControlPlane, workspace: Workspace, person: str
) -> None:
    take_away_rights(control_plane, workspace, person)
    refused = control_plane.kubectl(
        "get", f"apicredentials.{GROUP}", f"--namespace={workspace.namespace}", user=person, check=False
    )

    await anna.page.goto(anna.address("credentials"))

    assert f'User "{person}" cannot list resource "apicredentials"' in refused.stderr
    assert f"{person} may not list credentials" in await anna.page.locator("main").inner_text()


async def test_events_are_in_the_history_of_who_may_list_them(anna: ConsoleVisitor, workspace: Workspace) -> None:
    workspace.credential()
    workspace.issued()
    noted = workspace.until_events("ci", "Issued")["Issued"]

    await anna.page.goto(anna.address("tokens", "ci"))

    assert f"Issued: {noted['message']}" in await anna.page.locator("#events").inner_text()


async def test_who_may_not_list_events_is_told_so_and_sees_the_token(
    control_plane: ControlPlane, workspace: Workspace, context: BrowserContext, tmp_path: Path
) -> None:
    workspace.credential()
    workspace.issued()
    user = f"ben-{workspace.namespace}"
    looks = [rule(GROUP, kind, "get", "list") for kind in ("apicredentials", "apitokens")]
    Api(control_plane.kubeconfig).grant(user, workspace.namespace, *looks)
    running = start_console(control_plane, tmp_path, f"--namespace={workspace.namespace}", f"--as={user}")
    try:
        page = await context.new_page()
        await running.open(page)
        ben = ConsoleVisitor(page, running.home, workspace.namespace)
        await page.goto(ben.address("tokens", "ci"))
        told = await page.locator("#events-unseen").inner_text()
    finally:
        running.process.stop()

    assert told.split("\n")[0] == f"{user} may not list events in namespace {workspace.namespace}."
    assert "This needs the verb list on events: ask an administrator for it." in told
