"""One client's checks beside requests that cost much: `python -m bench flood-bodies`, a part of `flood`.

A verifier on one core; on the other a holder of a good token who sends the dearest requests that are allowed, and a
client that asks one check after the other. Writes bench/results/flood_bodies.md.
"""

from __future__ import annotations

import secrets
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.bench_cluster import say
from bench.checks.dear_bodies import KINDS, MANY, ONE, timed
from bench.checks.one_client import asked_checks, others, p50_and_p99, running_verifier
from bench.meters import machine
from bench.report import Target, table, targets, write
from pharia_access.domain.keyring import Digester
from pharia_access.domain.token import mint
from tools.control_plane.processes import ProcessError

__all__ = ["main"]

COUNTS = (1, 4)
ROUNDS = 3
SECONDS = 2.0
_UID = "6f0c6a3e-0000-4000-8000-000000000000"
_HOW = f"""\
Written by `python -m bench flood-bodies`: the verifier on one core, the one who sends dear requests (niced) and one
client on the other; each connection of both has one request under way at all times. {SECONDS:.0f} s for each line,
medians of {ROUNDS} rounds, each with a verifier of its own. The client asks
`GET /auth/nginx`; the other one's credential holds 16 roles of 128 permissions, all of one name."""
_OWN = """\
## What such a request itself takes

One after the other over one connection, ms (median): while nobody else asks, beside the client of above, and beside it
and another holder, who sends the like over 4 connections."""
_RIVALS = {MANY: "256 asked, 15 fields", ONE: "256 asked, 64 KiB"}


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is there beside the client; nobody, where the count is 0."""

    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Company:
    """Beside whom a dear request is sent."""

    client: bool = False
    rivals: int = 0


COMPANIES = {"alone": Company(), "beside the client": Company(client=True), "and 4 others": Company(True, 4)}  # noqa: FBT003 - a table
SCENES = [Scene("nobody", 0), *(Scene(kind, count) for kind in KINDS for count in COUNTS)]


def main() -> int:
    """Measure, write, and tell."""
    times: dict[Scene, list[tuple[float, float]]] = {}
    own: dict[tuple[str, str], float] = {}
    with tempfile.TemporaryDirectory(prefix="pharia-access-bodies-") as folder:
        root = Path(folder)
        tokens = _tokens(root)
        for number in range(ROUNDS):
            say(f"round {number + 1} of {ROUNDS}")
            with running_verifier(root, "--catalog") as (port, _):
                for scene in SCENES:
                    times.setdefault(scene, []).append(_measure(port, scene, tokens))
                if number == 0:
                    own = _own_times(port, tokens)
    _report({scene: _medians(found) for scene, found in times.items()}, own)
    return 0


def _tokens(root: Path) -> dict[str, str]:
    """Of the client, and of those who hold much, by credential."""
    key = secrets.token_bytes(32)
    (root / "key").write_bytes(key)
    texts = {name: mint("pharia", secrets.token_bytes) for name in ("client", ONE, MANY)}
    lines = []
    for name, text in texts.items():
        mac = Digester(key).digest(text.reveal().encode()).hex()
        roles = "studio-user" if name == "client" else ",".join(f"{name}-{number}" for number in range(16))
        lines.append(f"{text.token_id} {mac} 2000000000 {_UID} team/{name} {roles}")
    (root / "tokens").write_text("\n".join(lines))
    return {name: text.reveal() for name, text in texts.items()}


def _measure(port: int, scene: Scene, tokens: dict[str, str]) -> tuple[float, float]:
    """The client's p50 and p99 in milliseconds."""
    if not scene.count:
        return p50_and_p99(asked_checks(port, tokens["client"], seconds=SECONDS))
    token = tokens[KINDS[scene.kind][0]]
    with others("bench.checks.dear_bodies", scene.kind, scene.count, port=port, token=token) as process:
        time.sleep(0.5)
        found = p50_and_p99(asked_checks(port, tokens["client"], seconds=SECONDS))
        if process.poll() is not None:
            message = f"who sends {scene.kind} has ended"
            raise ProcessError(message)
    return found


def _own_times(port: int, tokens: dict[str, str]) -> dict[tuple[str, str], float]:
    """Of each kind, in each company."""
    return {
        (kind, name): _own_time(port, kind, tokens, company) for kind in KINDS for name, company in COMPANIES.items()
    }


def _own_time(port: int, kind: str, tokens: dict[str, str], company: Company) -> float:
    """Milliseconds."""
    whose, make = KINDS[kind]
    request = make().replace(b"TOKEN", tokens[whose].encode())
    with ExitStack() as stack:
        if company.client:
            stack.enter_context(others("bench.checks.one_client", "checks", 1, port=port, token=tokens["client"]))
        if company.rivals:
            # Another holder than the one that is measured.
            rival = MANY if whose == ONE else ONE
            stack.enter_context(
                others("bench.checks.dear_bodies", _RIVALS[rival], company.rivals, port=port, token=tokens[rival])
            )
        time.sleep(1.0 if company.client else 0)
        return 1000 * statistics.median(timed(request, port, seconds=1.0))


def _medians(found: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(p50 for p50, _ in found), statistics.median(p99 for _, p99 in found)


def _report(times: dict[Scene, tuple[float, float]], own: dict[tuple[str, str], float]) -> None:
    bound = round(2 * times[SCENES[0]][1], 2)
    verdicts = [
        Target(
            f"largest p99 ms of the client beside {count} connections",
            max(times[scene][1] for scene in SCENES if scene.count == count),
            at_most=bound,
        )
        for count in COUNTS
    ]
    rows = [[scene.kind, str(scene.count), *(f"{each:.2f}" for each in times[scene])] for scene in SCENES]
    heads = ["beside", "connections", "p50 ms", "p99 ms"]
    parts = ["# Checks beside requests that cost much", _HOW, machine(2), targets(verdicts), table(heads, rows)]
    write("flood_bodies", "\n\n".join([*parts, _OWN, _own_table(own)]))


def _own_table(own: dict[tuple[str, str], float]) -> str:
    rows = [[kind, *(f"{own[kind, name]:.1f}" for name in COMPANIES)] for kind in KINDS]
    return table(["request", *COMPANIES], rows)
