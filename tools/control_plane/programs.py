"""The programs of a control plane: each has its log in one folder, and nothing of the starter's environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.control_plane.processes import Process

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Programs"]


class Programs:
    """The programs that were started and not stopped, by name."""

    def __init__(self, root: Path, *, die_with_parent: bool) -> None:
        self._root = root
        self._die_with_parent = die_with_parent
        self._running: dict[str, Process] = {}
        # GOGC: a heap this small would be collected many times a second, which no API server in earnest does.
        self.environment = {"PATH": f"{root / 'bin'}:/usr/bin:/bin", "HOME": str(root), "GOGC": "400"}

    @property
    def running(self) -> tuple[Process, ...]:
        """All that run."""
        return tuple(self._running.values())

    def find(self, name: str) -> Process | None:
        """The program of that name, if it runs."""
        return self._running.get(name)

    def run(self, name: str, argv: list[str]) -> Process:
        """Start a program."""
        log = self._root / f"{name}.log"
        process = Process.start(
            argv, log=log, cwd=self._root, env=self.environment, die_with_parent=self._die_with_parent
        )
        self._running[name] = process
        return process

    def stop(self, name: str, *, grace: float = 5) -> None:
        """End a program, if it runs."""
        process = self._running.pop(name, None)
        if process is not None:
            process.stop(grace=grace)
