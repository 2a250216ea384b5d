"""Roles with their holders, the audit, and who may do what: as far as one may look, and what is missing is named."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tools.browser.console_process import start_console
from tools.browser.console_visitor import ConsoleVisitor
from tools.control_plane.workspace import ROLE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser

    from tests.support.kubectl.rbac_users import RbacUsers
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting")


@asynccontextmanager
async def seen_by(
    user: str, browser: Browser, control_plane: ControlPlane, workspace: Workspace, folder: Path
) -> AsyncIterator[ConsoleVisitor]:
    """That person at a console of their own; empty stands for the administrator of the cluster."""
    options = [f"--namespace={workspace.namespace}", *([f"--as={user}"] if user else [])]
    running, context = start_console(control_plane, folder, *options), await browser.new_context()
    try:
        page = await context.new_page()
        await running.open(page)
        yield ConsoleVisitor(page, running.home, workspace.namespace)
    finally:
        await context.close()
        running.process.stop()


async def test_a_role_tells_who_holds_it_and_where_it_is_not_in_force(
    anna: ConsoleVisitor, workspace: Workspace
) -> None:
    workspace.credential()
    workspace.credential("resting", suspended=True)
    page = anna.page

    await anna.link("Roles").click()
    await anna.titled("Roles")
    await anna.link(ROLE).click()
    await page.locator("#holders").wait_for()

    rows = await page.locator("#holders tbody tr").all_inner_texts()
    assert [row.split("\t")[::2] for row in rows] == [["resting", "no: suspended"], ["invoice-bot", "yes"]]
    missing = await page.locator("#only-in").inner_text()
    assert missing.startswith(f"Only namespace {workspace.namespace} was searched")
    assert "the verb list on apicredentials.access.pharia.ai" in missing


async def test_an_audit_by_its_fields_is_kept_as_a_file_and_printed(anna: ConsoleVisitor, workspace: Workspace) -> None:
    workspace.credential()
    workspace.issued()
    workspace.credential("idle")
    page = anna.page
    await page.goto(anna.address("audit"))

    await page.get_by_label("Longest life of a token (optional)").fill("1d")
    await anna.button("Look").click()
    await page.wait_for_url("**/audit?unused=30d&longest=1d")
    rows = await page.locator("#findings tbody tr").all_inner_texts()
    async with page.expect_download() as downloading:
        await anna.link("Save as CSV").click()
    kept = await asyncio.to_thread((await (await downloading.value).path()).read_text, encoding="utf-8")

    told = [row.split("\t") for row in rows]
    assert [[row[0], row[3]] for row in told] == [["ci", "TooLong"], ["idle", "NoTokens"]]
    assert kept.splitlines()[1:] == [",".join(f'"{each}"' for each in (r[1], r[2], r[0], r[3], r[4])) for r in told]
    await page.emulate_media(media="print")
    assert not await page.locator("header").is_visible()
    assert not await page.locator("#limits").is_visible()
    assert await page.locator("#findings").is_visible()
    assert "more than 1d" in await page.locator("#scope").inner_text()


async def test_a_person_sees_what_they_may_do_and_what_others_may(
    anna: ConsoleVisitor, person: str, workspace: Workspace, control_plane: ControlPlane
) -> None:
    here = f"--namespace={workspace.namespace}"
    looks_on = ("--verb=list", "--resource=apitokens.access.pharia.ai")
    control_plane.kubectl("create", "role", "looks-on", *looks_on, here)
    control_plane.kubectl("create", "rolebinding", "looks-on", "--role=looks-on", "--user=vera", here)
    page = anna.page

    await page.goto(anna.address("who-may"))

    own = dict(row.split("\t")[::2] for row in await page.locator("#own tbody tr").all_inner_texts())
    assert own["give a role to a credential"] == f"yes, only {ROLE}"
    assert own["make tokens of a credential"] == "yes"
    others = await page.locator("#others").inner_text()
    assert person in others
    assert f"give a role to a credential (bind on apiroles.access.pharia.ai), only {ROLE}" in others
    assert "vera" not in others
    unseen = await page.locator("#unseen").inner_text()
    assert "you may not list clusterroles, clusterrolebindings" in unseen


async def test_who_sees_everything_is_told_of_wildcards(
    browser: Browser, control_plane: ControlPlane, workspace: Workspace, tmp_path: Path
) -> None:
    async with seen_by("", browser, control_plane, workspace, tmp_path / "root") as root:
        await root.page.goto(root.address("who-may"))
        own = await root.page.locator("#own tbody tr").all_inner_texts()
        others = await root.page.locator("#others").inner_text()
        unseen = await root.page.locator("#unseen").count()

    assert [row.split("\t")[2] for row in own] == ["yes, by a wildcard"] * len(own)
    assert "Group system:masters" in others
    assert "bind on apiroles.access.pharia.ai), by a wildcard" in others
    assert unseen == 0


async def test_who_only_looks_on_is_told_each_missing_right(
    browser: Browser, control_plane: ControlPlane, workspace: Workspace, rbac_users: RbacUsers, tmp_path: Path
) -> None:
    workspace.credential()
    viewer = rbac_users.viewer(f"vera-{workspace.namespace}")
    async with seen_by(viewer, browser, control_plane, workspace, tmp_path / "viewer") as vera:
        page = vera.page
        await page.goto(vera.address("who-may"))
        own = await page.locator("#own").inner_text()
        forbidden = await page.locator("#forbidden").inner_text()
        await page.goto(vera.address("audit") + "?everywhere=yes")
        everywhere = await page.locator("main").inner_text()
        await page.goto(vera.address("look-up") + "?id=" + "a" * 16)
        nowhere = await page.locator("main").inner_text()
    refused = control_plane.kubectl("get", "apitokens", "--all-namespaces", user=viewer, check=False)

    assert "make tokens of a credential" in own
    assert "yes, only" not in own
    assert "This needs the verb list on rolebindings.rbac.authorization.k8s.io" in forbidden
    assert f"{viewer} may not list tokens in the whole cluster." in everywhere
    assert "This needs the verb list on apitokens.access.pharia.ai" in everywhere
    assert f"Only namespace {workspace.namespace} was searched" in nowhere
    assert "cannot list resource" in refused.stderr
