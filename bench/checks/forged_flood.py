"""Good tokens beside forged ServiceAccounts' tokens that come as fast as they are refused."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.checks.asked import milliseconds_in, rate_in
from bench.checks.played_issuer import readings_of
from bench.checks.signed_tokens import MOST_BYTES, SigningKey, forged, signed
from tools.debian_programs import find_program

if TYPE_CHECKING:
    import psutil

__all__ = ["FLOODERS", "GOOD", "Scene", "play", "scenes"]

FLOODERS: Final = 4
"""Connections, each of which asks again as soon as it is refused."""
GOOD: Final = 8
"""Connections of good tokens, about a thousand checks a second in all."""
_FORGERIES: Final = 20_000
_UNKNOWN: Final = 40_000
"""More than the verifier remembers, so that each is new."""
_LOADS: Final = Path(__file__).with_name("loads")
_MIB: Final = 2**20


@dataclass(slots=True)
class Scene:
    """What is asked beside good tokens, and what was seen: a figure each round.

    Attributes:
        forged: None: nothing.
        mib: of the verifier, after the round.
        readings: of the issuer's keys, in the round.
    """

    name: str
    forged: Path | None = None
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    good: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)
    readings: list[int] = field(default_factory=list)


def scenes(root: Path, rs: SigningKey, es: SigningKey, *, now: int) -> list[Scene]:
    """The first without any forged token. Writes the files."""
    texts = {
        "RS256, another signature": forged(rs, now, _FORGERIES),
        "ES256, another signature": forged(es, now, _FORGERIES),
        "an unknown key": forged(rs, now, _FORGERIES, known=False),
        f"RS256, {MOST_BYTES // 1024} KiB": forged(rs, now, _FORGERIES // 4, length=MOST_BYTES),
        "signed, of no credential": signed(es, now, _UNKNOWN, credential="nobody"),
    }
    found = [Scene("quiet")]
    for number, (name, lines) in enumerate(texts.items()):
        file = root / f"forged-{number}"
        file.write_text("\n".join(lines))
        found.append(Scene(name, file))
    return found


def play(  # noqa: PLR0913 - who asks, and who is asked
    scene: Scene, *, good: Path, port: int, keys: Path, verifier: psutil.Process, seconds: int
) -> None:
    """One round. Raises ProcessError if a good token is refused, or a forged one is not."""
    readings = readings_of(keys)
    flood = None if scene.forged is None else _wrk(scene.forged, port, connections=FLOODERS, seconds=seconds + 1)
    time.sleep(0.5)
    said = _said(_wrk(good, port, connections=GOOD, seconds=seconds, paced=True))
    scene.p50.append(milliseconds_in(said, 50))
    scene.p99.append(milliseconds_in(said, 99))
    scene.good.append(rate_in(said))
    if flood is not None:
        scene.refused.append(rate_in(_said(flood), refused=True))
    scene.mib.append(verifier.memory_info().rss / _MIB)
    scene.readings.append(readings_of(keys) - readings)


def _wrk(file: Path, port: int, *, connections: int, seconds: int, paced: bool = False) -> subprocess.Popen[str]:
    """The one that measures runs whenever it can (SCHED_FIFO)."""
    script = _LOADS / ("paced.lua" if paced else "in_turn.lua")
    before = ["chrt", "--fifo", "1"] if paced else []
    shape: list[str | Path] = ["-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script]
    argv = [*before, "taskset", "-c", "1", find_program("wrk"), *shape, f"http://127.0.0.1:{port}/auth/nginx"]
    return subprocess.Popen([*argv, "--", str(file)], stdout=subprocess.PIPE, text=True)


def _said(running: subprocess.Popen[str]) -> str:
    output, _ = running.communicate(timeout=60)
    return output
