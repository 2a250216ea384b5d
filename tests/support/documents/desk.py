"""A desk for readers of the documents: a cluster with a node in name only, a release, and a folder for each reader."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.charts.chart_release import Release
from tests.support.documents.console_blocks import ROOT, Block, Command, blocks, saved_files
from tests.support.documents.followed_pages import Followed
from tests.support.documents.page_reader import PageReader
from tests.support.documents.stand_in_node import stand_in_node
from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import wait_until
from tools.debian_programs import MissingProgramError, find_program

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Desk", "adapted", "open_desk"]

_INSTALLS = re.compile(r"\bhelm (?:upgrade --)?install\b|\bkubectl apply -k manifests\b")
_BUILD = "install --quiet --dry-run --no-deps --no-build-isolation"
_DEVELOPERS_PROGRAMS = {
    "make": 'exec /usr/bin/make --dry-run "$@" >/dev/null',  # that there is such a target
    "pipx": f'test "$1" = install && exec {sys.executable} -m pip {_BUILD} "$2"',
    "python-of-the-project": f'cd {ROOT}; test -e "$3" || test -e "$(echo "$2" | tr . /).py"',
}
"""What a developer runs takes minutes; here it is looked up only."""
_UNHURRIED = {
    "PHARIA_ACCESS_DEFAULT_WINDOW": "1h",
    "PHARIA_ACCESS_PENDING_BOUND": "1h",
    "PHARIA_ACCESS_WARN_BEFORE": "72h",
}


@dataclass(slots=True)
class Desk:
    """Where readers sit: a cluster, its release, and a folder for each page."""

    release: Release
    root: Path
    installed: bool = False
    pages: int = field(default=0)

    def log(self, component: str) -> Path | None:
        """Where a component's program writes."""
        return next(iter(sorted(self.root.glob(f"release/*/{component}/{component}.log"), reverse=True)), None)

    def prepare(self, *, empty: bool) -> None:
        """Have the release in the cluster and its programs running, or nothing of it."""
        if empty:
            self.release.remove()
            self.installed = False
        elif not self.installed:
            self.release.install()
            self.start()

    def keep_up_with(self, command: Command) -> None:
        """Start the programs after an installation, and end them after its end, as pods would."""
        if _INSTALLS.search(command.text) and not self.installed:
            self.start()
        if "helm uninstall" in command.text:
            self.release.stop()
            self.installed = False
            pods = ("get", "pods", f"--namespace={self.release.namespace}", "--output=name")
            wait_until(lambda: not self.release.control_plane.kubectl(*pods).stdout, what="the pods are gone")

    def start(self) -> None:
        """Start the programs that the pods would be."""
        self.release.start(_UNHURRIED)
        self.installed = True

    def seat(self) -> PageReader:
        """A reader with a home, the project's files, and the programs of the control plane."""
        self.pages += 1
        home = self.root / f"reader-{self.pages}"
        (home / "project" / ".local").mkdir(parents=True)
        for path in ROOT.iterdir():
            if not path.name.startswith(".") and path.name != "dist":
                (home / "project" / path.name).symlink_to(path)
        (home / "project" / ".venv" / "bin").mkdir(parents=True)
        (home / "project" / ".venv" / "bin" / "python").symlink_to(self.root / "bin" / "python-of-the-project")
        kubeconfig = home / "kubeconfig"
        kubeconfig.write_bytes(self.release.control_plane.kubeconfig.read_bytes())
        (home / "notes").mkdir()
        environment = {"PATH": self._path(), "HOME": str(home), "KUBECONFIG": str(kubeconfig), "LANG": "C.UTF-8"}
        if self.installed:
            environment["VERIFIER_URL"] = self.release.verifier.url
        return PageReader(environment, home / "project", home / "notes")

    def _path(self) -> str:
        ours = (self.root / "bin", self.release.control_plane.bin, Path(sys.executable).parent, "/usr/bin", "/bin")
        return os.pathsep.join(map(str, ours))

    def follow(self, followed: Followed) -> None:
        """Let a reader follow a page. Raises AssertionError where it does not do what it says."""
        self.prepare(empty=followed.empty)
        with self.seat() as reader:
            save(reader.folder, followed.page)
            for command in map(Command, followed.given):
                reader.follow(command)
            for command in chain.from_iterable(block.commands for block in chosen(followed)):
                reader.follow(adapted(command, followed))
                self.keep_up_with(command)


@contextmanager
def open_desk(root: Path) -> Iterator[Desk]:
    """One in this folder."""
    (root / "release").mkdir()
    (root / "bin").mkdir()
    for name, does in _DEVELOPERS_PROGRAMS.items():
        program = root / "bin" / name
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
    try:
        (root / "bin" / "jq").symlink_to(find_program("jq"))
    except MissingProgramError as error:
        pytest.skip(str(error))
    with ControlPlane.start(root / "control-plane") as control_plane:
        desk = Desk(Release(control_plane, root / "release"), root)
        with stand_in_node(control_plane, desk.log):
            yield desk
        desk.release.stop()


def chosen(followed: Followed) -> list[Block]:
    """The blocks to follow, without those that cannot be."""
    found = blocks(followed.page)
    numbers = followed.blocks or range(len(found))
    return [found[n] for n in numbers if not found[n].reason]


def save(folder: Path, page: str) -> None:
    """Write the files that the page tells to write, and those that `make up` would."""
    (folder / ".local" / "env").write_text(":\n")
    for name, text in saved_files(page).items():
        (folder / name).write_text(text)


def adapted(command: Command, followed: Followed) -> Command:
    """The command with the reader's own names."""
    text = command.text
    for word, name in followed.replaced:
        text = text.replace(word, name)
    return Command(text, command.shown if followed.compared else "")
