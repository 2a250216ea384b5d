"""Streams of any bytes at each documented gateway: `python -m tests.campaigns.attacker [--count N] [--first STREAM]`.

Beside them as many honest requests, of people with tokens of their own and of strangers. A real control plane,
operator and verifier; each gateway by its example with websockets, nginx also with a public name for the verifier on
the connections of its checks. Exit status 1 if somebody was taken for another. Writes bench/results/attacker.md where
each gateway got at least 10,000. A stream's number makes the same one again.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.bench_cluster import bench_cluster, say
from bench.meters import machine
from bench.report import table, write
from bench.tokens import NAMESPACE
from pharia_access.domain.token import mint
from tests.attacks.siege import Siege, known
from tests.attacks.siege_clients import besieged
from tests.support.gateways.gateway_guides import WEBSOCKETS, added
from tests.support.gateways.public_verifier import FOR_NGINX, for_envoy
from tools.control_plane.api import Api
from tools.control_plane.processes import free_port, wait_until
from tools.control_plane.verifiers import start_verifier, write_keyring
from tools.control_plane.workspace import Workspace
from tools.gateways import real_gateways
from tools.gateways.witness import witness

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.bench_cluster import BenchCluster
    from tools.gateways.protected_service import Gateway
    from tools.gateways.witness import Witness

__all__ = ["main"]

_ENOUGH: Final = 10_000
_ROLE: Final = "studio-user"
_HONEST, _ATTACKERS = 12, 3
_SHARING: Final = frozenset({"nginx", "envoy"})
"""Have the connections of checks in common with a public name for the verifier. The others never have."""
_HEAD: Final = """\
# An attacker at each gateway

Written by `make attacker`: streams {first:,} to {last:,} of `tests/support/streams/http_streams.py`, each cut into
packets in a way of its own, half of them with good tokens and half with none; beside them as many requests of {honest}
people with roles of their own, one in eight with a bad token or none. A real operator and verifier; each gateway as its
page shows it, with websockets; at nginx and Envoy every other stream goes to the verifier itself, by a public name over
the connections that checks use."""
_FOUND: Final = """\
Found on the way, by this and by the client that meddles with headers (`tests/attacks/meddling.py`), and mended in the
examples and on the pages (decision 0033): Caddy took away identity headers that a client named in `Connection`, and let
it open a tunnel of HTTP/2 to the service; Envoy, where websockets are on, passed such names on to the next hop.

`OPTIONS *` is about no path: the servers of Caddy and Traefik answer it 200 by themselves, and neither the verifier nor
the service hears of it. That answer is not counted as a way in."""
_ROUND: Final = 2_000
"""Streams between two lines that tell how far it is."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """What stands behind the gateways, and the texts of tokens."""

    verifier: str
    honest: Sequence[str]
    attackers: Sequence[str]


def main() -> int:
    """Attack each gateway, tell, and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.attacker", description=__doc__)
    parser.add_argument("--count", type=int, default=_ENOUGH, help="streams, and honest requests, at each gateway")
    parser.add_argument("--first", type=int, default=0, help="the number of the first stream")
    parser.add_argument("--gateway", choices=list(real_gateways.STARTERS), action="append")
    arguments = parser.parse_args()
    streams = range(arguments.first, arguments.first + arguments.count)
    sieges = {}
    with _ground() as ground:
        for name in arguments.gateway or real_gateways.STARTERS:
            began = time.monotonic()
            sieges[name] = asyncio.run(_attacked(name, ground, streams))
            say(f"{name}: {sieges[name].told()}, {time.monotonic() - began:.0f} s")
    _report(sieges, streams)
    return 1 if any(siege.wrong for siege in sieges.values()) else 0


@contextmanager
def _ground() -> Iterator[_Ground]:
    with ExitStack() as stack:
        setting = stack.enter_context(bench_cluster())
        stack.enter_context(setting.operator("operator"))
        write_keyring(setting.control_plane, setting.root / "verifier" / "keyring")
        verifier = start_verifier(setting.control_plane, setting.root / "verifier")
        stack.callback(verifier.process.stop)
        verifier.wait_until_ready()
        texts = _minted(setting, _HONEST + _ATTACKERS)
        wait_until(
            lambda: all(verifier.ask("/auth/forward", text).status == 200 for text in texts), what="tokens are known"
        )
        yield _Ground(f"127.0.0.1:{verifier.port}", texts[:_HONEST], texts[_HONEST:])


def _minted(setting: BenchCluster, count: int) -> list[str]:
    """Tokens of so many credentials, each with a role of its own beside that which the gateways ask for."""
    here = Workspace(Api(setting.control_plane.kubeconfig), NAMESPACE)
    here.role(_ROLE)
    for number in range(count):
        here.role(f"team-{number}")
        here.credential(f"person-{number}", roles=[_ROLE, f"team-{number}"])
        here.token(f"person-{number}", credentialRef={"name": f"person-{number}"}, ttl="24h")
    for number in range(count):
        here.until_outcome(f"person-{number}", "Active", "Issued")
    return [here.text(f"person-{number}-token").reveal() for number in range(count)]


async def _attacked(name: str, ground: _Ground, streams: range) -> Siege:
    with tempfile.TemporaryDirectory(prefix="pharia-access-attacker-") as folder, witness() as service:
        public = free_port()
        with _gateway(name, Path(folder), ground, service, public) as gateway:
            service.seen.clear()
            siege = Siege(
                service,
                known(ground.verifier, ground.honest),
                known(ground.verifier, ground.attackers),
                [mint("pharia", secrets.token_bytes).reveal() for _ in range(_ATTACKERS)],
            )
            ports = [gateway.port, public] if name in _SHARING else [gateway.port]
            for first in range(streams.start, streams.stop, _ROUND):
                await besieged(siege, ports, count=min(_ROUND, streams.stop - first), first=first)
                say(f"{name}: {siege.told()}")
            siege.judge_service()
    return siege


@contextmanager
def _gateway(name: str, root: Path, ground: _Ground, service: Witness, public: int) -> Iterator[Gateway]:
    starter, changes = real_gateways.STARTERS[name], added(name, WEBSOCKETS)
    if name == "nginx":
        starter = partial(real_gateways.nginx, beside=FOR_NGINX.format(port=public))
    if name == "envoy":
        changes |= for_envoy(public)
    with starter(root, ground.verifier, changes, service=service.address, any_host=True) as gateway:
        yield gateway


def _report(sieges: Mapping[str, Siege], streams: range) -> None:
    rows = [
        [
            *(name, f"{len(streams):,}", f"{siege.reached:,}"),
            f"{siege.answers[0]:,}",
            *(f"{siege.passed[how]:,}" for how in ("with a token", "without one")),
            str(len(siege.wrong)),
        ]
        for name, siege in sieges.items()
    ]
    heads = [
        *("gateway", "streams", "requests of theirs that reached the service", "not answered"),
        *("honest, each its own answer", "without a good token, each 401", "wrong"),
    ]
    statuses = sorted({status for siege in sieges.values() for status in siege.answers if status})
    counts = [[name, *(f"{siege.answers[status]:,}" for status in statuses)] for name, siege in sieges.items()]
    head = _HEAD.format(first=streams.start, last=streams.stop - 1, honest=_HONEST)
    answers = f"Answers to those who sent streams, by status:\n\n{table(['gateway', *map(str, statuses)], counts)}"
    text = "\n\n".join([head, machine(2), table(heads, rows), answers, _FOUND])
    if len(streams) < _ENOUGH or len(sieges) < len(real_gateways.STARTERS):
        print(text, flush=True)
    else:
        write("attacker", text)


if __name__ == "__main__":
    sys.exit(main())
