"""Plays a session at a terminal and writes it as a picture, docs/images/recording.svg: `python -m tools.recording`.

The commands are really run, on a control plane of their own. A test plays them again, and compares what they say. Of a
token's text only the public part is drawn.
"""

from __future__ import annotations

import html
import re
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.transcript import masked, staged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["COMMANDS", "PICTURE", "RecordedStep", "drawn", "main", "play", "read", "shape"]

PICTURE: Final = Path(__file__).resolve().parent.parent / "docs" / "images" / "recording.svg"

COMMANDS: Final = (
    "kubectl access credential create invoice-bot --role studio-user --description 'reads invoices'",
    "kubectl access token create invoice-bot --name invoice-bot-ci --expires 30d",
    "grep pharia_ job.log | kubectl access token whois --stdin    # a job printed it: whose is it?",
    "kubectl access token revoke invoice-bot-ci --yes",
    "kubectl access token list",
)
"""What is typed, in a namespace with the roles of examples/01-roles.yaml."""

_FURNISH: Final = (
    "kubectl create namespace finance",
    "kubectl config set-context --current --namespace finance",
    "kubectl apply -f examples/01-roles.yaml",
)
_CUT: Final = re.compile(r"pharia_[a-z2-7]{16}_…")
_SECRET: Final = re.compile(r"(pharia_[a-z2-7]{16}_)\w+")
_WIDTH, _LINE, _MARGIN, _CHARACTER = 106, 19, 16, 7.8
_MOST_LINES: Final = 12
_NOTICED: Final = re.compile(r"^Secret: .*$", re.MULTILINE)  # the operator notices some seconds later
_TYPING_SECONDS: Final = 2.0
_LINE_TEXT: Final = re.compile(r'<text class="(?P<kind>[co])"[^>]*>(?P<text>.*?)</text>')
_PROMPT: Final = "$ "


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """A command, and the lines that it said."""

    command: str
    said: tuple[str, ...]


def main() -> int:
    """Play it, and draw it anew if more differs than what differs each time; the exit status."""
    with staged() as env:
        steps = play(env)
    earlier = PICTURE.read_text(encoding="utf-8") if PICTURE.exists() else ""
    if shape(read(earlier)) != shape(steps):
        PICTURE.write_text(drawn(steps), encoding="utf-8")
    return 0


def play(env: Mapping[str, str]) -> list[RecordedStep]:
    """What the commands say now. Raises CalledProcessError."""
    for command in _FURNISH:
        _run(command, env)
    steps = []
    with Path(env["HOME"], "job.log").open("a", encoding="utf-8") as log:  # what they say ends up where it should not
        for command in COMMANDS:
            said = _run(command, env)
            print(said, file=log, flush=True)
            steps.append(RecordedStep(command, tuple(_lines(said))))
    return steps


def shape(steps: list[RecordedStep]) -> str:
    """All of it without what differs each time."""
    text = "\n".join(line for step in steps for line in (step.command, *step.said))
    return masked(_NOTICED.sub("Secret: STATE", _CUT.sub("TOKEN", text)))


def drawn(steps: list[RecordedStep]) -> str:
    """The picture: lines appear one command after the other, at once for who wants no motion."""
    lines = list(_drawn_lines(steps))
    height = _LINE * len(lines) + 2 * _MARGIN
    width = round(_WIDTH * _CHARACTER + 2 * _MARGIN)
    return _FRAME.format(width=width, height=height, lines="\n".join(lines))


def read(picture: str) -> list[RecordedStep]:
    """The steps that a picture shows."""
    steps: list[RecordedStep] = []
    for found in _LINE_TEXT.finditer(picture):
        text = html.unescape(found["text"])
        if found["kind"] == "c" and text.startswith(_PROMPT):
            steps.append(RecordedStep(text.removeprefix(_PROMPT), ()))
        elif text.strip():
            steps[-1] = RecordedStep(steps[-1].command, (*steps[-1].said, text))
    return steps


def _drawn_lines(steps: list[RecordedStep]) -> Iterator[str]:
    number = 0
    for turn, step in enumerate(steps):
        for kind, text in (("c", f"{_PROMPT}{step.command}"), *(("o", line) for line in step.said), ("o", "")):
            number += 1
            delay = turn * _TYPING_SECONDS + (kind == "o") * _TYPING_SECONDS / 2
            place = f'x="{_MARGIN}" y="{_MARGIN + number * _LINE - 5}" style="animation-delay:{delay:g}s"'
            yield f'<text class="{kind}" xml:space="preserve" {place}>{html.escape(text, quote=False)}</text>'


def _lines(said: str) -> Iterator[str]:
    lines = [line.rstrip() for line in _SECRET.sub(r"\1…", said).splitlines() if line.strip()]
    for line in lines[:_MOST_LINES]:
        yield textwrap.shorten(line, _WIDTH, placeholder=" …") if len(line) > _WIDTH else line
    if len(lines) > _MOST_LINES:
        yield "…"


def _run(command: str, env: Mapping[str, str]) -> str:
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env=dict(env),
        cwd=env["HOME"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


_FRAME: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="A session at a terminal: \
a credential and a token are created, the token leaks, is found and revoked.">
<style>
text{{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre;fill:#d5dbe3;opacity:0;\
animation:shown .2s forwards}}
.c{{fill:#8fd18f;font-weight:600}}
@keyframes shown{{to{{opacity:1}}}}
@media (prefers-reduced-motion:reduce){{text{{opacity:1;animation:none}}}}
</style>
<rect width="{width}" height="{height}" rx="8" fill="#1b2230"/>
{lines}
</svg>
"""


if __name__ == "__main__":
    raise SystemExit(main())
