"""Every request of the console is the person's own, by the API server's audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.browser.asked import SCREENS, path_of
from tests.support.browser.live_pages import until_live

if TYPE_CHECKING:
    from tools.browser.console_process import RunningConsole
    from tools.browser.console_visitor import ConsoleVisitor
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace


async def test_each_request_has_the_person_s_rights_and_none_is_anonymous(
    anna: ConsoleVisitor, console: RunningConsole, control_plane: ControlPlane, workspace: Workspace, person: str
) -> None:
    workspace.credential()
    since = control_plane.audit_log.stat().st_size

    for screen in SCREENS:
        if not screen.endswith((".csv", ".json")):
            await anna.page.goto(f"{console.origin}{path_of(console, screen, workspace.namespace)}")
    await anna.page.goto(anna.address("credentials"))
    await until_live(anna.page)
    asked = list(control_plane.audit_events("pharia-access-console/", since=since))

    assert len(asked) >= len(SCREENS)
    for event in asked:
        assert event["impersonatedUser"]["username"] == person, event  # type: ignore[index]
