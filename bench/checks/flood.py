"""Good tokens beside forged ones: `python -m bench flood`.

A verifier on one core; on the other wrk asks for good tokens, paced, alone and beside a flood of forgeries: with IDs
that exist, with IDs that do not, and, where no key of a keyring covers the tokens, such that each costs an Argon2id.
What counts is the p99 of the good ones. Writes bench/results/flood.md. Then what `flood_bodies` measures.
"""

from __future__ import annotations

import base64
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from bench.bench_cluster import say
from bench.checks import flood_bodies
from bench.checks.filled_verifier import NO_MAC
from bench.meters import machine
from bench.report import Target, table, targets, write
from pharia_access.domain.argon2id import Argon2Parameters, hash_token
from pharia_access.domain.keyring import Digester
from pharia_access.domain.token import TokenText, mint
from tools.control_plane.processes import ProcessError, free_port, wait_until
from tools.debian_programs import find_program

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["main"]

TOKENS = 100_000
COLD = 200
"""Tokens that only Argon2id proves."""
ROUNDS = 7
SECONDS = 4
_GOOD = (8, 16)
_FLOOD = (64, 12)
"""Connections, and the most milliseconds between an answer and the next request: about 1,000 and 10,000 a second.

Each wait is drawn anew: after equal ones the connections soon ask all at once, and what is measured is their queue.
"""
_FORGERIES = 20_000
_PATH = "/auth/nginx"
_UID = "6f0c6a3e-0000-4000-8000-000000000000"
_HOW = f"""\
Written by `python -m bench flood`: the verifier on one core with {TOKENS} tokens, both wrk on the other, medians of
{ROUNDS} rounds of {SECONDS} s. Good tokens are asked for over {_GOOD[0]} connections, about 1,000 a
second; forged ones over {_FLOOD[0]}, as often as the table says; each waits a random while before it asks again. On the
core that both wrk share, the one that measures runs whenever it can (SCHED_FIFO). "Argon2id": no key covers {COLD} of
the tokens; one of them was proved before."""
_LUA = """\
local tokens, at = {{}}, 0
for line in io.lines("{file}") do tokens[#tokens + 1] = line end
function delay() return math.random(0, {delay}) end
function request()
  at = at % #tokens + 1
  return wrk.format("GET", "{path}", {{["Authorization"] = "Bearer " .. tokens[at]}})
end
"""


@dataclass(slots=True)
class Scene:
    """What is asked for: files of tokens."""

    name: str
    good: Path
    forged: Path | None = None
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)


def main() -> int:
    """Measure, write, and tell."""
    with tempfile.TemporaryDirectory(prefix="pharia-access-flood-") as folder, ExitStack() as stack:
        root = Path(folder)
        say(f"{TOKENS} tokens, {COLD} of them under no key")
        scenes, proved = _scenes(root)
        url = stack.enter_context(_verifier(root))
        _ask(url, proved)
        for number in range(ROUNDS):
            say(f"round {number + 1} of {ROUNDS}")
            for scene in scenes:
                _play(scene, url)
        _report(scenes)
    return flood_bodies.main()


def _scenes(root: Path) -> tuple[list[Scene], str]:
    """Write all files; the text of the token that is to be proved before."""
    key = secrets.token_bytes(32)
    (root / "key").write_bytes(key)
    texts = [mint("pharia", secrets.token_bytes) for _ in range(TOKENS)]
    digester, cheap = Digester(key), Argon2Parameters()
    lines = []
    for number, text in enumerate(texts):
        mac = NO_MAC if number < COLD else digester.digest(text.reveal().encode()).hex()
        proof = hash_token(text, cheap) if number < COLD else "none"
        lines.append(f"{text.token_id} {mac} 2000000000 {_UID} team/bot studio-user {proof}")
    (root / "tokens").write_text("\n".join(lines))
    good = _write(root / "good", [text.reveal() for text in texts[COLD : COLD + 1000]])
    proved = _write(root / "proved", [texts[0].reveal()])
    known = _write(root / "known", [_forged(texts[COLD + n]) for n in range(_FORGERIES)])
    unknown = _write(root / "unknown", [mint("pharia", secrets.token_bytes).reveal() for _ in range(_FORGERIES)])
    cold = _write(root / "cold", [_forged(texts[1 + n % (COLD - 1)]) for n in range(_FORGERIES)])
    scenes = [
        Scene("quiet", good),
        Scene("forged secrets of known IDs", good, known),
        Scene("unknown IDs", good, unknown),
        Scene("Argon2id: quiet", proved),
        Scene("Argon2id: forged secrets of known IDs", proved, cold),
    ]
    return scenes, texts[0].reveal()


def _forged(text: TokenText) -> str:
    """A well-formed text with this token's ID and another secret: no checksum gives it away."""
    drawn = iter((base64.b32decode(text.token_id.upper()), secrets.token_bytes(32)))
    return mint("pharia", lambda _count: next(drawn)).reveal()


def _write(file: Path, texts: list[str]) -> Path:
    file.write_text("\n".join(texts))
    return file


@contextmanager
def _verifier(root: Path) -> Iterator[str]:
    port = free_port()
    files: list[str | Path] = ["--tokens", root / "tokens", "--key", root / "key", "--port", str(port), "--fast"]
    argv = ["taskset", "-c", "0", sys.executable, "-m", "bench.checks.filled_verifier", *files]
    with subprocess.Popen(argv, stderr=(root / "log").open("wb")) as process:
        try:
            url = f"http://127.0.0.1:{port}{_PATH}"
            wait_until(lambda: _answers(url), what="the verifier answers", timeout=60)
            yield url
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    try:
        _ask(url, "nobody")
    except HTTPError:
        return True
    except OSError:
        return False
    return False


def _ask(url: str, token: str) -> None:
    """Once. Raises HTTPError where it is refused."""
    request = Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - our own, on loopback
    with urlopen(request, timeout=10):  # noqa: S310 - the same
        pass


def _play(scene: Scene, url: str) -> None:
    flood = None if scene.forged is None else _wrk(scene.forged, _FLOOD, url, seconds=SECONDS + 1)
    time.sleep(0.5)
    good = _said(_wrk(scene.good, _GOOD, url, seconds=SECONDS, before=("chrt", "--fifo", "1")))
    if "Non-2xx" in good:
        message = f"{scene.name}: good tokens were refused: {good}"
        raise ProcessError(message)
    scene.p50.append(_milliseconds(good, "50%"))
    scene.p99.append(_milliseconds(good, "99%"))
    scene.rates.append(_rate(good))
    if flood is not None:
        scene.refused.append(_rate(_said(flood)))


def _wrk(
    file: Path, pace: tuple[int, int], url: str, *, seconds: int, before: tuple[str, ...] = ()
) -> subprocess.Popen[str]:
    script = file.with_suffix(".lua")
    script.write_text(_LUA.format(file=file, delay=pace[1], path=_PATH))
    shape: list[str | Path] = ["-t1", f"-c{pace[0]}", f"-d{seconds}s", "--latency", "-s", script]
    argv = [*before, "taskset", "-c", "1", find_program("wrk"), *shape, url]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)


def _said(running: subprocess.Popen[str]) -> str:
    output, _ = running.communicate(timeout=60)
    return output


def _milliseconds(said: str, percent: str) -> float:
    number, unit = re.search(rf"{percent}%?\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr] # wrk always says
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def _rate(said: str) -> float:
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))  # type: ignore[union-attr] # the same


def _report(scenes: list[Scene]) -> None:
    median = statistics.median
    quiet, known, unknown, _, slow = scenes
    bound = 2 * median(quiet.p99)
    verdicts = [
        Target(f"p99 ms of good tokens beside {known.name}", median(known.p99), at_most=round(bound, 2)),
        Target(f"p99 ms of good tokens beside {unknown.name}", median(unknown.p99), at_most=round(bound, 2)),
        Target("p99 ms of a proved token while Argon2id works", median(slow.p99), at_most=5),
    ]
    rows = [
        [
            scene.name,
            f"{median(scene.rates):,.0f}",
            f"{median(scene.refused):,.0f}" if scene.refused else "0",
            f"{median(scene.p50):.2f}",
            f"{median(scene.p99):.2f}",
            f"{min(scene.p99):.2f} to {max(scene.p99):.2f}",
        ]
        for scene in scenes
    ]
    heads = ["beside", "good/s", "forged/s", "p50 ms", "p99 ms", "range of p99"]
    parts = ["# Good tokens beside a flood of forged ones", _HOW, machine(2), targets(verdicts), table(heads, rows)]
    write("flood", "\n\n".join(parts))
