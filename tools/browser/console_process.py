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

__all__ = ["ConsoleAddress", "RunningConsole", "start_console"]

_PROGRAM = Path(sys.executable).with_name("kubectl-access")
_LINK = re.compile(r"http://127\.0\.0\.1:(?P<port>\d+)(?P<base>/[\w-]+)/open#(?P<key>[\w-]+)")
_FIRST_SCREEN = re.compile(r"/credentials$")


@dataclass(frozen=True, slots=True)
class ConsoleAddress:
    """Where a console is, by the link that opens it once."""

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
    def base(self) -> str:
        """The path that all its addresses begin with."""
        return self._parts["base"]

    @property
    def home(self) -> str:
        """The address that all its addresses begin with."""
        return f"{self.origin}{self.base}"

    @property
    def key(self) -> str:
        """What opens it, once."""
        return self._parts["key"]

    async def open(self, page: Page) -> None:
        """Sign the page in by the link; on return it shows the first screen."""
        await page.goto(self.link)
        await page.wait_for_url(_FIRST_SCREEN)

    async def open_without_script(self, page: Page) -> None:
        """Sign a page in that runs no script, by typing the key."""
        await page.goto(self.link)
        await page.get_by_label("Key").fill(self.key)
        await page.get_by_role("button", name="Open").click()

    @property
    def _parts(self) -> dict[str, str]:
        found = _LINK.fullmatch(self.link)
        assert found
        return found.groupdict()


@dataclass(frozen=True, slots=True)
class RunningConsole(ConsoleAddress):
    """The console as a process of its own."""

    process: Process

    @property
    def output(self) -> str:
        """All that it wrote."""
        return self.process.log.read_text(encoding="utf-8")


def start_console(control_plane: ControlPlane, root: Path, *options: str) -> RunningConsole:
    """Start one; on return it waits for its browser. `options`: of kubectl, such as a namespace and a user."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = inherited_environment()
    process = Process.start(
        [_PROGRAM, *options, "console", "--no-browser"],
        log=root / "console.log",
        cwd=root,
        env={**own, "PATH": f"{control_plane.bin}:{own['PATH']}", "KUBECONFIG": str(control_plane.kubeconfig)},
        name="kubectl-access",
    )
    process.wait_until(lambda: _LINK.search(process.log.read_text()) is not None, what="the console prints its link")
    found = _LINK.search(process.log.read_text())
    assert found
    return RunningConsole(found[0], process)
