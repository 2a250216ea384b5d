"""What many tokens cost, and how long things take among them: `make scale N=10000 CREDENTIALS=1000`.

Half of the tokens, at most 10,000, belong to one credential; the others are spread over all the rest. Each phase is a
function that answers figures. Adds a line to bench/results/scale.jsonl, and writes bench/results/scale.md.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from itertools import cycle, islice
from typing import TYPE_CHECKING

from bench.filling import Planned, fill, put_credentials, put_role, read_keyring
from bench.meters import bind_to_cores, machine
from bench.scale_changes import churn, failover, role_edit
from bench.scale_expiry import expiry
from bench.scale_report import Run, keep, write_report
from bench.scale_rest import at_rest, first_start, operator_start, standby_start, verifier_start
from bench.stage import say, stage
from bench.theatre import BIG, Figures, Plan, Theatre
from bench.tokens import Json
from pharia_access.domain.token import mint
from tests.support.etcd import ask_etcd, compact

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["main"]

LIFE = "240h"
"""Of all tokens: so short that no warning comes before their end."""


def main() -> int:
    """Measure, keep, and tell."""
    plan, shape = Plan.from_environment(), machine(bind_to_cores())
    figures: Figures = {}
    with stage() as played:
        theatre = Theatre(played, plan)
        try:
            for phase in _PHASES:
                figures |= phase(theatre)
        finally:
            theatre.stop()
    keep(Run(plan.tokens, plan.credentials, figures))
    write_report(shape)
    return 0


def _load(theatre: Theatre) -> Figures:
    """The tokens and their credentials are put there."""
    plan, control_plane = theatre.plan, theatre.played.control_plane
    template = theatre.played.delivered_token(ttl=LIFE)
    say(f"putting {plan.tokens} tokens under {plan.credentials} credentials there")
    before = _etcd_bytes(theatre)
    rate = asyncio.run(_put(theatre, template))
    control_plane.restart_api_server()  # what the load left in its memory is gone
    return {
        "Load: tokens/s": rate,
        "Load: etcd, bytes a token": (_etcd_bytes(theatre) - before) / plan.tokens,
    }


async def _put(theatre: Theatre, template: Json) -> float:
    """How many tokens a second were created by requests."""
    plan, server = theatre.plan, theatre.played.server
    keyring = await read_keyring(server)
    await put_role(server, "extra")
    big = await put_credentials(server, [BIG], ["studio-user", "extra"])
    others = await put_credentials(server, (f"c{n}" for n in range(plan.credentials - 1)), ["studio-user"])
    spread = islice(cycle(others), plan.tokens - plan.of_big)
    texts = [mint("pharia", secrets.token_bytes) for _ in range(plan.tokens)]
    holders = [*spread, *(big * plan.of_big)]
    planned = (Planned(f"t{n}", text, holder) for n, (text, holder) in enumerate(zip(texts, holders, strict=True)))
    theatre.texts = [text.reveal() for text in texts]
    return await fill(theatre.played, template, keyring, planned)


def _etcd_bytes(theatre: Theatre) -> int:
    """What etcd holds, without what is only history."""
    compact(theatre.played.control_plane)
    time.sleep(1)  # it is done in the background
    status = ask_etcd(theatre.played.control_plane, "/v3/maintenance/status", {})
    return int(status["dbSizeInUse"])


_PHASES: tuple[Callable[[Theatre], Figures], ...] = (
    _load,
    first_start,
    operator_start,
    verifier_start,
    standby_start,
    at_rest,
    churn,
    failover,
    role_edit,
    expiry,
)
