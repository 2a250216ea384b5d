"""A namespace with 50,000 tokens, and one with a few: `python -m bench neighbour`.

Operator and verifier watch both. How soon after their start, and how fast, is the small one served: with the big one
empty, and full; and while 2,000 tokens are created in the big one. Writes bench/results/neighbour.md.
"""

from __future__ import annotations

import asyncio
import secrets
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from bench.bench_cluster import BenchCluster, bench_cluster, say
from bench.meters import bind_to_cores, machine
from bench.report import table, write
from bench.scale.seeding import Holder, Planned, fill, read_keyring
from bench.tokens import CREDENTIAL, NAMESPACE
from pharia_access.domain.token import mint
from tools.control_plane.api import Api
from tools.control_plane.operators import RunningOperator, start_operator
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import api_token
from tools.control_plane.verifiers import RunningVerifier, start_verifier, write_keyring
from tools.control_plane.workspace import Workspace, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["main"]

TOKENS: Final = 50_000
CROWD: Final = 2000
ROUNDS: Final = 5
MINTS: Final = 20
SMALL: Final = "small"
PATIENCE_SECONDS: Final = 180
_HOW: Final = f"""\
Written by `python -m bench neighbour`: operator and verifier with `watchNamespaces` of two, one of which holds none or
{TOKENS:,} tokens that were minted long ago. Seconds; medians of {ROUNDS} starts of the verifier and of {MINTS} mints,
one start of the operator; the slowest of each in brackets."""

Figures = dict[str, str]


class House:
    """The two namespaces, and processes that watch just these."""

    def __init__(self, cluster: BenchCluster) -> None:
        self.control_plane, self.root = cluster.control_plane, cluster.root
        self.control_plane.kubectl("create", "namespace", SMALL)
        self.api = Api(self.control_plane.kubeconfig)
        self.place = Workspace(self.api, SMALL)
        self.place.role()
        self.place.credential()
        self.settings = {"PHARIA_ACCESS_WATCH_NAMESPACES": f"{NAMESPACE},{SMALL}"}
        self._serial = 0

    def folder(self) -> Path:
        """A new one, for a process."""
        self._serial += 1
        made = self.root / f"process-{self._serial}"
        made.mkdir()
        return made

    def operator(self) -> RunningOperator:
        """Start one; it is not waited for."""
        return start_operator(self.control_plane, self.folder(), self.settings)

    def verifier(self) -> RunningVerifier:
        """The same."""
        root = self.folder()
        write_keyring(self.control_plane, root / "keyring")
        return start_verifier(self.control_plane, root, self.settings)

    def mint(self) -> float:
        """One token in the small namespace, created and waited for: how many seconds."""
        self._serial += 1
        name, began = f"t{self._serial}", time.monotonic()
        self.place.token(name)
        return _seconds(lambda: outcome(self.place.known("ApiToken", name)) == ("Active", "Issued"), since=began)


def main() -> int:
    """Measure, write, and tell."""
    shape = machine(bind_to_cores())
    with bench_cluster() as cluster, ExitStack() as stack:
        template = cluster.delivered_token()
        house = House(cluster)
        operator = house.operator()
        stack.callback(operator.process.stop)
        house.mint()
        operator.process.stop()
        say("the big one is empty")
        empty = _figures(house)
        say(f"putting {TOKENS} tokens there")
        asyncio.run(_fill(cluster, template))
        wait_until(lambda: house.api.find("ApiToken", SMALL).ok, what="the API server has read them", timeout=60)
        say("the big one is full")
        full = _figures(house)
    heads = ["the small namespace", "beside an empty one", f"beside {TOKENS:,} tokens"]
    write("neighbour", "\n\n".join(["# A big neighbour", _HOW, shape, table(heads, _rows(empty, full))]))
    return 0


async def _fill(cluster: BenchCluster, template: dict[str, object]) -> None:
    holder = Holder.of(template)
    planned = (Planned(f"old{number}", mint("pharia", secrets.token_bytes), holder) for number in range(TOKENS))
    await fill(cluster, template, await read_keyring(cluster.server), planned)
    cluster.control_plane.restart_api_server()  # what the load left in its memory is gone


def _figures(house: House) -> Figures:
    return {**_starts_of_the_verifier(house), **_of_the_operator(house)}


def _starts_of_the_verifier(house: House) -> Figures:
    token = next(one for one in house.place.list("ApiToken") if outcome(one) == ("Active", "Issued"))
    text = house.place.text(f"{token['metadata']['name']}-token").reveal()
    first, ready, slowest = [], [], []
    for _ in range(ROUNDS):
        began, running = time.monotonic(), house.verifier()
        try:
            first.append(_seconds(partial(_good, running, text), since=began))
            slowest.append(_slowest_until_ready(running, text))
            ready.append(time.monotonic() - began)
        finally:
            running.process.stop()
    return {
        "verifier: its token is accepted after": _told(first),
        "verifier: ready after": _told(ready),
        "verifier: slowest check before that, ms": _told([1000 * seconds for seconds in slowest]),
    }


def _of_the_operator(house: House) -> Figures:
    began, running = time.monotonic(), house.operator()
    try:
        house.mint()
        first = time.monotonic() - began
        running.wait_until_ready(timeout=PATIENCE_SECONDS)
        alone = [house.mint() for _ in range(MINTS)]
        with ThreadPoolExecutor(4) as threads:
            crowd = threads.map(lambda number: _create(house.api, number), range(CROWD))
            beside = [house.mint() for _ in range(MINTS)]
            list(crowd)
        _clear(house)
    finally:
        running.process.stop()
    return {
        "operator: its first token is minted after": f"{first:.1f}",
        "operator: a mint": _told(alone),
        f"operator: a mint while {CROWD:,} are created in the big one": _told(beside),
    }


def _create(api: Api, number: int) -> None:
    reply = api.create(api_token(NAMESPACE, f"new{number}", credentialRef={"name": CREDENTIAL}))
    assert reply.ok, reply.message


def _clear(house: House) -> None:
    """Take the new tokens away, so that the next scene begins like this one."""
    for number in range(CROWD):
        house.api.delete(api_token(NAMESPACE, f"new{number}", credentialRef={"name": CREDENTIAL}))


def _good(running: RunningVerifier, text: str) -> bool:
    try:
        return running.ask("/auth/nginx", text).status == HTTPStatus.OK
    except OSError:
        return False


def _slowest_until_ready(running: RunningVerifier, text: str) -> float:
    slowest = 0.0
    while running.get("/readyz")[0] != HTTPStatus.OK:
        began = time.monotonic()
        if not _good(running, text):
            message = "a token that was accepted is refused"
            raise TimeoutError(message)
        slowest = max(slowest, time.monotonic() - began)
    return slowest


def _seconds(holds: Callable[[], bool], *, since: float) -> float:
    wait_until(holds, what="the small namespace is served", timeout=PATIENCE_SECONDS)
    return time.monotonic() - since


def _told(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({max(values):.2f})"


def _rows(empty: Mapping[str, str], full: Mapping[str, str]) -> list[list[str]]:
    return [[name, empty[name], full[name]] for name in empty]
