"""A rolling upgrade of the verifier behind each gateway, as the chart does one: no request is lost.

New connections lead to the new pod first, as a Service's do once the old one is no longer ready; then the old one gets
SIGTERM, while gateways still have connections to it open.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import ExitStack, suppress
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.support.gateways.honest_line import Line
from tests.support.gateways.service_address import service_address
from tools.control_plane.processes import wait_until
from tools.control_plane.verifiers import Verifiers, write_keyring
from tools.control_plane.workspace import Workspace
from tools.gateways import real_gateways
from tools.program_cache import MissingProgramError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping

    from tests.support.gateways.service_address import ServiceAddress
    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.api import Api
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.verifiers import RunningVerifier
    from tools.gateways.protected_service import Gateway

CLIENTS = 16
"""In a closed loop, at each gateway."""
ROLLOUTS = 2
PATIENT = {
    "nginx": {
        "proxy_connect_timeout 1s;": "proxy_connect_timeout 20s;",
        "proxy_read_timeout 2s;": "proxy_read_timeout 20s;",
    },
    "envoy": {"timeout: 1s": "timeout: 20s"},
}
"""A check that is late on a busy machine is not lost. The examples' own bounds made 503 and 504 of it."""
BEFORE, AFTER = 0.5, 0.5
"""Seconds of checks before a rollout, and after the old verifier has ended."""


async def ask_until(done: asyncio.Event, gateway: Gateway, token: str, answers: Counter[int]) -> None:
    """One client after the other's answer."""
    line = Line(gateway.port)
    while not done.is_set():
        status, _ = await line.ask("/reports", token)
        answers[status] += 1
    line.close()


@pytest.fixture(scope="module")
def pods(
    control_plane: ControlPlane, pool: OperatorPool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[RunningVerifier]]:
    """Ready ones, each to be followed by the next."""
    pool.shared()
    verifiers, root = Verifiers(control_plane), tmp_path_factory.mktemp("pods")
    for number in range(ROLLOUTS + 1):
        write_keyring(control_plane, root / str(number) / "keyring")
        verifiers.start(root / str(number), {})
    yield verifiers.started
    verifiers.stop()


def minted(client: Api) -> str:
    assert client.create({"kind": "Namespace", "metadata": {"name": "rollout"}}).ok
    here = Workspace(client, "rollout")
    here.role("studio-user")
    here.credential(roles=["studio-user"])
    here.issued(ttl="1h")
    return here.text().reveal()


async def rolled_out(service: ServiceAddress, pods: list[RunningVerifier]) -> None:
    """Each pod follows the one before."""
    for old, new in pairwise(pods):
        await asyncio.sleep(BEFORE)
        service.behind = new.port
        await asyncio.sleep(BEFORE)
        old.process.terminate()
        await asyncio.to_thread(old.process.popen.wait, 30)
    await asyncio.sleep(AFTER)


async def asked_meanwhile(
    rollout: Coroutine[None, None, None], running: Mapping[str, Gateway], token: str
) -> dict[str, Counter[int]]:
    """By gateway: what was answered until the rollout is over."""
    done, counted = asyncio.Event(), {name: Counter[int]() for name in running}
    loops = [ask_until(done, running[name], token, counted[name]) for name in running for _ in range(CLIENTS)]
    asking = asyncio.gather(*loops)
    await rollout
    done.set()
    await asking
    return counted


@pytest.fixture(scope="module")
def answers(
    client: Api, pods: list[RunningVerifier], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Counter[int]]:
    """What clients were answered at each gateway that there is."""
    token = minted(client)
    wait_until(lambda: all(pod.ask("/auth/forward", token).status == 200 for pod in pods), what="the token is known")
    with ExitStack() as stack:
        service, running = stack.enter_context(service_address(pods[0].port)), {}
        for name, starter in real_gateways.STARTERS.items():
            with suppress(MissingProgramError):
                running[name] = stack.enter_context(
                    starter(tmp_path_factory.mktemp(name), service.address, PATIENT.get(name, {}))
                )
        return asyncio.run(asked_meanwhile(rolled_out(service, pods), running, token))


@pytest.mark.parametrize("name", list(real_gateways.STARTERS))
def test_a_rollout_loses_no_request(name: str, answers: dict[str, Counter[int]]) -> None:
    if name not in answers:
        pytest.skip(f"there is no {name} here")

    assert answers[name].keys() == {200}
    assert answers[name][200] > CLIENTS * ROLLOUTS
