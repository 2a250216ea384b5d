"""The console on a real API server, as a program: the page's story with one person's rights, and what it leaves."""

from __future__ import annotations

import asyncio
import re
import socket
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.support.console.console_process import running_console
from tools.control_plane.workspace import condition

if TYPE_CHECKING:
    from tests.support.console.browser import Browser
    from tests.support.kubectl.plugin_runner import Plugin
    from tests.support.kubectl.rbac_users import RbacUsers
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

STUDIO, OS = "console-studio-user", "console-os-user"


@pytest.fixture
def anna(workspace: Workspace, plugin: Plugin, rbac_users: RbacUsers) -> Plugin:
    """The namespace's administrator, who may grant one role of two."""
    workspace.role(STUDIO, description="PhariaStudio", permissions=[{"permission": "AccessStudio"}])
    workspace.role(OS, description="PhariaOS")
    return plugin.as_user(rbac_users.admin("anna", may_bind=STUDIO))


async def secret_of(browser: Browser, place: str) -> str:
    """The secret, once the operator minted the token."""
    async with asyncio.timeout(60):
        while (told := (await browser.fetch(f"{place}/secret")).json)["state"] == "waiting":  # noqa: ASYNC110 - it polls
            await asyncio.sleep(0.2)
    assert told["state"] == "ready", told
    return str(told["text"])


async def create_credential(browser: Browser, here: str) -> None:
    form = await browser.get(f"/namespaces/{here}/new-credential")
    assert form.document.by_id[f"about-{STUDIO}"] == "PhariaStudio. Permits: AccessStudio."
    assert form.document.by_id[f"about-{OS}"].endswith("Not possible: you may not grant it (verb bind).")
    shown = await browser.submit(form, "credential-form", ("name", "invoice-bot"), ("role", STUDIO))
    assert shown.document.by_id["notice"].startswith("Credential invoice-bot was created.")


async def collect_a_token(browser: Browser, bot: str, token: str) -> str:
    form = await browser.get(f"{bot}/new-token")
    await browser.submit(form, "token-form", ("name", "ci"), ("life", "7d"))
    secret = await secret_of(browser, token)
    assert re.fullmatch(r"[a-z0-9]+_[a-z2-7]{16}_[0-9A-Za-z]{49}", secret)
    assert (await browser.fetch(f"{token}/collected", {"how": "copied"})).json == {"state": "collected"}
    return secret


async def confirmed(browser: Browser, address: str, *said: tuple[str, str]) -> str:
    """Go there and confirm; what the next page says was done."""
    shown = await browser.submit(await browser.get(address), "confirmation", *said)
    return shown.document.by_id["notice"]


async def test_the_story_of_the_page(workspace: Workspace, anna: Plugin) -> None:
    here = workspace.namespace
    bot, token = f"/namespaces/{here}/credentials/invoice-bot", f"/namespaces/{here}/tokens/ci"
    with running_console(anna) as console:
        browser = await console.browser()
        shown = await browser.get(f"/namespaces/{here}/credentials")
        assert shown.document.by_id["user"] == "anna"
        assert shown.document.by_id["empty"].startswith(f"There are no credentials in {here}.")

        await create_credential(browser, here)
        secret = await collect_a_token(browser, bot, token)
        workspace.until_gone("Secret", "ci-token")
        assert condition(workspace.until_delivery("ci", "Collected"), "Delivered")["reason"] == "Collected"
        assert (await browser.fetch(f"{token}/secret")).json["state"] == "failed"

        assert "was suspended" in await confirmed(browser, f"{bot}/suspend")
        assert "was resumed" in await confirmed(browser, f"{bot}/resume")
        assert await confirmed(browser, f"{token}/revoke", ("reason", "it leaked")) == "Token ci was revoked."
        assert await confirmed(browser, f"{token}/delete") == "Token ci was deleted."
        assert "and its tokens were deleted" in await confirmed(browser, f"{bot}/delete")
        assert secret not in "".join(text for text in browser.seen if '"state":"ready"' not in text)
        status, said = console.interrupt()

    assert (status, said.splitlines()[-1]) == (0, "The console has stopped.")
    assert secret not in said


async def test_a_rotation_ends_the_old_token_once_the_new_secret_is_stored(
    workspace: Workspace, plugin: Plugin
) -> None:
    here = workspace.namespace
    workspace.credential()
    with running_console(plugin) as console:
        browser = await console.browser()
        form = await browser.get(f"/namespaces/{here}/credentials/invoice-bot/new-token")
        await browser.submit(form, "token-form", ("name", "old"))
        await secret_of(browser, f"/namespaces/{here}/tokens/old")
        await browser.fetch(f"/namespaces/{here}/tokens/old/collected")

        form = await browser.get(f"/namespaces/{here}/tokens/old/rotate")
        asked = await browser.submit(form, "rotation-form", ("overlap", "0"))
        await browser.submit(asked, "confirmation")
        new = browser.at.removeprefix(browser.base).partition("?")[0]
        await secret_of(browser, new)
        await browser.fetch(f"{new}/collected", {"how": "copied"})
        notice = (await browser.get(new)).document.by_id["notice"]

    assert "The old token old ends at " in notice
    workspace.until_outcome("old", "Expired", "Expired")


@pytest.mark.parametrize(
    ("name", "field", "said"),
    [
        ("invoice-bot", "name-error", 'A credential "invoice-bot" already exists.'),
        ("a" * 64, "name-error", "Use lower-case letters"),
    ],
)
async def test_a_refusal_stands_at_its_field(
    workspace: Workspace, plugin: Plugin, name: str, field: str, said: str
) -> None:
    workspace.credential()
    with running_console(plugin) as console:
        browser = await console.browser()
        form = await browser.get(f"/namespaces/{workspace.namespace}/new-credential")
        role = next(value for value in form.text.split('"') if value.startswith("role-")).removeprefix("role-")

        shown = await browser.submit(form, "credential-form", ("name", name), ("role", role))

    assert shown.document.by_id[field].startswith(said)


async def test_who_only_looks_on_is_told_which_right_is_missing(
    workspace: Workspace, plugin: Plugin, rbac_users: RbacUsers
) -> None:
    workspace.credential()
    here = workspace.namespace
    with running_console(plugin.as_user(rbac_users.viewer("vera"))) as console:
        browser = await console.browser()
        shown = await browser.get(f"/namespaces/{here}/credentials/invoice-bot/delete")
        other = await browser.get("/namespaces/default/credentials")

    assert f"You may not delete the credential invoice-bot in namespace {here}." in shown.document.text
    assert "This needs the verb delete on apicredentials.access.pharia.ai" in shown.document.text
    assert other.status == 403
    assert "vera may not list credentials in namespace default." in other.document.text


async def test_the_key_is_in_no_process_list_and_each_request_is_the_persons_own(
    workspace: Workspace, plugin: Plugin, rbac_users: RbacUsers
) -> None:
    here = workspace.namespace
    with running_console(plugin.as_user(rbac_users.viewer("vera"))) as console:
        key = console.link.partition("#")[2]
        words = [word for process in psutil.process_iter(["cmdline"]) for word in process.info["cmdline"] or ()]
        browser = await console.browser()
        await browser.get(f"/namespaces/{here}/credentials")

    events = list(plugin.control_plane.audit_events("pharia-access-console/", here))
    assert len(key) == 43
    assert [word for word in words if key in word] == []
    assert len(events) >= 2
    assert {event["impersonatedUser"]["username"] for event in events} == {"vera"}  # type: ignore[index]


async def test_what_is_no_request_to_the_console_is_refused_by_the_server_too(
    workspace: Workspace, plugin: Plugin
) -> None:
    workspace.credential()
    with running_console(plugin) as console:
        browser = await console.browser()
        path = f"{browser.base}/namespaces/{workspace.namespace}/credentials/invoice-bot/suspend"
        rebound = await browser.send("GET", path, headers={"host": "evil.example"})
        hostless = await browser.send("GET", path, headers={"host": ""})
        foreign = await browser.send("POST", path, b"mark=x", {"origin": "http://127.0.0.1:1"})
        large = await browser.send("POST", path, b"a=" + b"x" * 70_000)

    assert (rebound.status, hostless.status, foreign.status, large.status) == (421, 400, 403, 413)
    assert "suspended" not in workspace.known("ApiCredential", "invoice-bot")["spec"]


@pytest.mark.parametrize("taken", [True, False])
def test_the_port_is_the_chosen_one_or_is_said_to_be_taken(
    workspace: Workspace, plugin: Plugin, *, taken: bool
) -> None:
    del workspace
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        if taken:
            other.listen()
            told = plugin.pipe("console", "--no-browser", "--port", str(port))
            assert (told.status, told.stdout) == (1, "")
            assert f"Cannot serve on port {port} of 127.0.0.1" in told.stderr
            return
    with running_console(plugin, "--port", str(port)) as console:
        assert console.link.startswith(f"http://127.0.0.1:{port}/")
