"""Plays the commands of docs/tutorial/kubectl-access.md and writes what they really said: `python -m tools.transcript`.

A command is a line that begins with `$ ` in a `console` block; what follows is what it said. Each runs at a terminal,
where questions are answered as the page answers them. A test plays the page again, and compares.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect

from tools.control_plane.installation import install
from tools.control_plane.operators import start_operator
from tools.control_plane.plane import ControlPlane
from tools.control_plane.verifiers import RunningVerifier, start_verifier, write_keyring

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["PAGE", "environment", "main", "masked", "play", "said", "staged"]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "tutorial" / "kubectl-access.md"

_ROOT = PAGE.parents[2]
_SECONDS = 60
_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_ANSWERED = re.compile(r"^(?P<question>.+(?:\[y/N\]|separated by commas\)): )(?P<answer>.+)$")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_MASKS = (
    (re.compile(r"pharia_[a-z2-7]{16}_\w+"), "TOKEN"),
    (re.compile(r"\b[a-z2-7]{16}\b"), "ID"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"\b\d+[dhms](?:\d+[hms])?\b"), "AGE"),
    (re.compile(r"never seen in use|last used [a-z0-9 ]+ ago"), "USE"),
    (re.compile(r"can be collected until TIME|collected at TIME, or [a-z ]+"), "COLLECTED"),
    (re.compile(r"Parts of Kubernetes itself: \d+"), "PARTS"),
    (re.compile(r" {2,}"), "  "),
)


@dataclass(slots=True)
class _Step:
    command: str
    said: list[str] = field(default_factory=list)


def main() -> int:
    """Play the page on a control plane of its own, and write it if more differs than what differs each time."""
    page = PAGE.read_text(encoding="utf-8")
    with staged() as env:
        played = play(page, env)
    if masked(played) != masked(page):
        PAGE.write_text(played, encoding="utf-8")
    return 0


@contextmanager
def staged() -> Iterator[dict[str, str]]:
    """A control plane of its own, with an operator and a verifier: a person's environment there."""
    with tempfile.TemporaryDirectory(prefix="pharia-access-transcript-") as folder:
        root = Path(folder)
        with ControlPlane.start(root / "control-plane") as control_plane:
            install(control_plane)
            with running(control_plane, root) as verifier:
                yield environment(control_plane, root / "home", verifier.url)


@contextmanager
def running(control_plane: ControlPlane, root: Path) -> Iterator[RunningVerifier]:
    """The operator, and a verifier with its keyring."""
    with ExitStack() as started:
        operator = start_operator(control_plane, root / "operator")
        started.callback(operator.process.stop)
        operator.wait_until_ready()
        write_keyring(control_plane, root / "verifier" / "keyring")
        verifier = start_verifier(control_plane, root / "verifier")
        started.callback(verifier.process.stop)
        verifier.wait_until_ready()
        yield verifier


def environment(control_plane: ControlPlane, home: Path, verifier_url: str) -> dict[str, str]:
    """A person's: kubectl and its plugin on PATH, a kubeconfig of their own, a home to write files to."""
    home.mkdir()
    shutil.copy(control_plane.kubeconfig, home / "kubeconfig")
    (home / "examples").symlink_to(_ROOT / "examples")
    return {
        "PATH": f"{Path(sys.executable).parent}:{control_plane.bin}:/usr/bin:/bin",
        "HOME": str(home),
        "KUBECONFIG": str(home / "kubeconfig"),
        "VERIFIER_URL": verifier_url,
        "TTY_COMPATIBLE": "0",  # for Rich: a terminal that no spinner turns on
    }


def play(page: str, env: Mapping[str, str]) -> str:
    """The page with what its commands say now. Raises pexpect.TIMEOUT where a question is not asked any more."""

    def played(block: re.Match[str]) -> str:
        shown = ("\n".join([f"$ {it.command}", *said(it.command, env, it.said)]) for it in _steps(block[0]))
        return "\n\n".join(shown) + "\n"

    return _BLOCK.sub(played, page)


def masked(page: str) -> str:
    """A page without what is different each time: tokens, IDs, times, use, and how wide that makes columns."""
    for pattern, word in _MASKS:
        page = pattern.sub(word, page)
    return page


def _steps(block: str) -> list[_Step]:
    steps: list[_Step] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            steps.append(_Step(line.removeprefix("$ ")))
        else:
            steps[-1].said.append(line)
    return steps


def said(command: str, env: Mapping[str, str], shown: Iterable[str] = (), *, columns: int = 250) -> list[str]:
    """Run a command at a terminal of so many columns: what it says. Questions are answered as in `shown`."""
    child: pexpect.spawn[str] = pexpect.spawn(
        "/bin/sh",
        ["-c", command],
        env=dict(env),
        cwd=env["HOME"],
        encoding="utf-8",
        dimensions=(50, columns),
        timeout=_SECONDS,
    )
    text = ""
    for answered in filter(None, map(_ANSWERED.match, shown)):
        child.expect_exact(answered["question"])
        text += f"{child.before}{child.after}"
        child.sendline(answered["answer"])
    child.expect(pexpect.EOF)
    text += child.before or ""
    child.close()
    return [_ESCAPE.sub("", line).rstrip() for line in text.rstrip().splitlines()]


if __name__ == "__main__":
    sys.exit(main())
