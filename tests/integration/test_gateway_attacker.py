"""A short round of `make attacker`: streams of any bytes at each gateway, beside clients that ask honestly."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.token import mint
from tests.attacks.siege import Siege, known
from tests.attacks.siege_clients import besieged
from tests.support.gateways.gateway_guides import WEBSOCKETS, added
from tests.support.gateways.programs import entered
from tools.gateways import real_gateways
from tools.gateways.witness import witness

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.gateways.verifier_thread import VerifierThread
    from tools.gateways.witness import Witness

COUNT = 400


def siege_of(checking: VerifierThread, service: Witness) -> Siege:
    honest = [checking.person(f"honest-{number}", "studio-user", f"team-{number}") for number in range(8)]
    attackers = [checking.person(f"attacker-{number}", "studio-user") for number in range(3)]
    strangers = [mint("pharia", secrets.token_bytes).reveal() for _ in range(3)]
    return Siege(service, known(checking.address, honest), known(checking.address, attackers), strangers)


@pytest.mark.parametrize("name", list(real_gateways.STARTERS))
async def test_nobody_is_another_whatever_somebody_sends(
    name: str, checking: VerifierThread, tmp_path: Path, told: Callable[[str], None]
) -> None:
    with witness() as service, ExitStack() as stack:
        starting = real_gateways.STARTERS[name](
            tmp_path, checking.address, added(name, WEBSOCKETS), service=service.address, any_host=True
        )
        gateway = entered(stack, starting)
        service.seen.clear()
        siege = siege_of(checking, service)
        await besieged(siege, [gateway.port], count=COUNT)
        siege.judge_service()

    told(f"attacker at {name}: {siege.told()}")
    assert siege.wrong == []
    assert sum(siege.passed.values()) == COUNT
    assert siege.reached > COUNT // 40, "they are no nonsense to the gateway"
