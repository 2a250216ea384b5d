"""`kubectl access console` as a person starts it, and the link that it prints."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.control_plane.processes import Process, inherited_environment

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tools.control_plane.plane import ControlPlane

__all__ = ["RunningConsole", "start_console"]

_PROGRAM = Path(sys.executable).with_name("kubectl-access")
_LINK = re.compile(r"http://127\.0\.0\.1:(?P<port>\d+)/(?P<folder>[\w-]+)/\S*#\S+")


@dataclass(frozen=True, slots=True)
class RunningConsole:
    """A console that waits for its browser, or has one."""

    process: Process
    link: str

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """Where it listens, on the loopback interface."""
        return int(self._parts["port"])

    @property
    def home(self) -> str:
        """The address below which everything of it is."""
        return f"{self.origin}/{self._parts['folder']}"

    @property
    def output(self) -> str:
        """All that it wrote."""
        return self.process.log.read_text(encoding="utf-8")

    async def open(self, page: Page) -> None:
        """Sign the page in by the link, and wait for the first screen."""
        await page.goto(self.link)
        await page.get_by_role("heading", level=1).wait_for()
        await page.wait_for_url(re.compile(r"/credentials"))

    @property
    def _parts(self) -> dict[str, str]:
        found = _LINK.match(self.link)
        assert found
        return found.groupdict()


def start_console(control_plane: ControlPlane, root: Path, *options: str) -> RunningConsole:
    """Start one; on return it waits for its browser. `options`: of kubectl, such as a namespace and a user."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    process = Process.start(
        [_PROGRAM, f"--kubeconfig={control_plane.kubeconfig}", *options, "console", "--no-browser"],
        log=root / "console.log",
        cwd=root,
        env={**inherited_environment(), "NO_COLOR": "1", "COLUMNS": "500"},
        name="kubectl-access",
    )
    process.wait_until(lambda: _LINK.search(process.log.read_text()) is not None, what="the console prints its link")
    found = _LINK.search(process.log.read_text())
    assert found
    return RunningConsole(process, found[0])
