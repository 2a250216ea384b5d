"""Takes the pictures of the console that the documentation shows: `python -m tools.console_pictures`.

On a control plane of its own, with the examples; each screen in light and dark, into docs/images/console/.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.browser.chromium import chromium
from tools.browser.console_process import RunningConsole, start_console
from tools.browser.console_visitor import ConsoleVisitor
from tools.control_plane.installation import install
from tools.control_plane.operators import start_operator
from tools.control_plane.plane import ControlPlane
from tools.control_plane.resources import api_credential

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

__all__ = ["FOLDER", "SCREENS", "main"]

_ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = _ROOT / "docs" / "images" / "console"
_NAMESPACE: Final = "finance"
_WIDTH, _HEIGHT = 1000, 640

_MORE: Final[dict[str, dict[str, object]]] = {
    "reports": {"displayName": "Monthly reports", "roles": ["studio-user"]},
    "search-index": {"displayName": "Search index", "roles": ["os-user"], "suspended": True},
}

SCREENS: Final = {
    "credentials": ("credentials",),
    "new-credential": ("new-credential",),
    "credential": ("credentials", "invoice-bot"),
    "roles": ("credentials", "invoice-bot", "roles"),
    "new-token": ("credentials", "invoice-bot", "new-token"),
    "secret": ("tokens", "invoice-bot-ci?secret=show"),
    "token": ("tokens", "invoice-bot-ci"),
    "rotate": ("tokens", "invoice-bot-ci", "rotate"),
    "workload": ("workload-tokens", "invoice-bot-app"),
    "overview": ("overview",),
    "tokens": ("tokens",),
    "revoke-tokens": ("tokens",),
    "delete-token": ("tokens", "invoice-bot-ci", "delete"),
    "delete-credential": ("credentials", "invoice-bot", "delete"),
    "role-list": ("roles",),
    "audit": ("audit",),
    "look-up": ("look-up?id={token_id}",),
    "who-may": ("who-may",),
    "changed-meanwhile": ("credentials", "reports", "roles"),
}
"""Each picture, and the address that it shows, in the order of the story."""


def main() -> int:
    """Take them all; the exit status."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pharia-access-pictures-") as folder:
        root = Path(folder)
        with ControlPlane.start(root / "control-plane") as control_plane:
            _furnish(control_plane)
            operator = start_operator(control_plane, root / "operator")
            try:
                operator.wait_until_ready()
                _wait(control_plane)
                asyncio.run(_take_all(control_plane, root))
            finally:
                operator.process.stop()
    return 0


def _furnish(control_plane: ControlPlane) -> None:
    """The examples, and some more credentials, so that a list looks like one."""
    install(control_plane)
    control_plane.kubectl("apply", f"--filename={_ROOT / 'examples'}")
    for name, spec in _MORE.items():
        credential = api_credential(_NAMESPACE, name, **spec)
        control_plane.kubectl("apply", "--filename=-", stdin=json.dumps(credential))
    control_plane.kubectl("apply", f"--filename={_ROOT / 'examples' / 'workload' / 'workload-token.yaml'}")


def _wait(control_plane: ControlPlane) -> None:
    for kind in ("workloadtokens", "apitokens"):
        control_plane.kubectl("wait", "--for=condition=Ready", kind, "--all", f"--namespace={_NAMESPACE}")


async def _take_all(control_plane: ControlPlane, root: Path) -> None:
    async with chromium() as browser:
        for scheme in ("light", "dark"):
            console = start_console(control_plane, root / scheme, f"--namespace={_NAMESPACE}")
            try:
                await _take(browser, console, control_plane, scheme)
            finally:
                console.process.stop()


async def _take(browser: Browser, console: RunningConsole, control_plane: ControlPlane, scheme: str) -> None:
    context = await browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": _WIDTH, "height": _HEIGHT},
        timezone_id="Europe/Berlin",
        locale="en-GB",
    )
    page = await context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    await console.open(page)
    visitor = ConsoleVisitor(page, console.home, _NAMESPACE)
    token_id = await _token_id(visitor)
    for name, screen in SCREENS.items():
        await page.goto(visitor.address(*screen).format(token_id=token_id))
        if name == "secret":
            await visitor.until_secret()
        if name == "revoke-tokens":
            await _tick_all(page, visitor)
        if name == "changed-meanwhile":
            await _change(page, control_plane, scheme)
        await page.screenshot(path=FOLDER / f"{name}-{scheme}.png")
    await context.close()


async def _tick_all(page: Page, visitor: ConsoleVisitor) -> None:
    """As far as the question before they are revoked."""
    for box in await page.get_by_role("checkbox").all():
        await box.check()
    await visitor.button("Revoke ticked").click()
    await page.locator("#affected").wait_for()


async def _change(page: Page, control_plane: ControlPlane, scheme: str) -> None:
    """Somebody else changes the credential of the form."""
    await page.locator("#live").get_by_text("Live.").wait_for()
    patch = json.dumps({"spec": {"description": f"For the {scheme} picture"}})
    here = f"--namespace={_NAMESPACE}"
    control_plane.kubectl("patch", "apicredential", "reports", here, "--type=merge", f"--patch={patch}")
    await page.locator("#meanwhile").get_by_text("was changed at").wait_for()


async def _token_id(visitor: ConsoleVisitor) -> str:
    """Of the token that somebody found."""
    await visitor.page.goto(visitor.address("tokens", "invoice-bot-ci"))
    return await visitor.page.locator("#token-id").inner_text()


if __name__ == "__main__":
    sys.exit(main())
