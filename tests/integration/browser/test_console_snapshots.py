"""What a screen reader is given of each screen is what the repository has. To change it, delete its file first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browser.snapshots import FOLDER, kept, seen_by_a_reader
from tools.control_plane.workspace import ROLE, Json

if TYPE_CHECKING:
    from tools.browser.console_visitor import ConsoleVisitor
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting")

SCREENS: dict[str, tuple[str, ...]] = {
    "overview": ("overview",),
    "tokens": ("tokens",),
    "credentials": ("credentials",),
    "new-credential": ("new-credential",),
    "credential": ("credentials", "invoice-bot"),
    "add-holder": ("credentials", "invoice-bot", "new-holder"),
    "edit-roles": ("credentials", "invoice-bot", "roles"),
    "suspend-credential": ("credentials", "invoice-bot", "suspend"),
    "delete-credential": ("credentials", "invoice-bot", "delete"),
    "token": ("tokens", "ci"),
    "store-secret": ("tokens", "ci", "store"),
    "end-token": ("tokens", "ci", "end"),
    "revoke-token": ("tokens", "ci", "revoke"),
    "delete-token": ("tokens", "ci", "delete"),
    "rotate-token": ("tokens", "ci", "rotate"),
    "role": ("roles", ROLE),
    "audit": ("audit",),
    "look-up": ("look-up",),
    "not-there": ("tokens", "none"),
    "forbidden": ("..", "..", "tokens"),
}


def counted(credential: Json) -> bool:
    return bool(credential.get("status", {}).get("tokens", {}).get("active") == 1)


async def test_a_screen_reader_is_given_what_is_kept(
    anna: ConsoleVisitor, workspace: Workspace, subtests: pytest.Subtests
) -> None:
    workspace.credential()
    workspace.issued("ci")
    workspace.until("ApiCredential", "invoice-bot", counted, "its token is counted")

    for screen, address in SCREENS.items():
        with subtests.test(screen):
            await anna.page.goto(anna.address(*address))

            seen = await seen_by_a_reader(anna.page, anna)

            assert seen == kept(screen, seen)


async def test_the_open_box_too(anna: ConsoleVisitor, workspace: Workspace) -> None:
    workspace.credential()
    workspace.issued("ci")
    await anna.page.goto(f"{anna.address('tokens', 'ci')}?secret=show")
    await anna.until_secret()

    seen = await seen_by_a_reader(anna.page, anna)

    assert seen == kept("secret-box", seen)


async def test_what_stands_above_every_screen_too(anna: ConsoleVisitor) -> None:
    await anna.page.goto(anna.address("credentials"))

    seen = await seen_by_a_reader(anna.page, anna, "header")

    assert seen == kept("frame", seen)


def test_no_file_is_of_no_screen() -> None:
    assert {file.stem for file in FOLDER.glob("*.yaml")} == {*SCREENS, "frame", "secret-box"}
