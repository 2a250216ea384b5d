"""The page of `bench scale-workloads`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report import table, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.scale.scale_cluster import Figures

__all__ = ["write_report"]

_TITLES = ("1: without", "2: with", "3: with", "4: without", "with / without")


def write_report(shape: str, tokens: int, count: int, *, story: Figures, rounds: Sequence[Figures]) -> None:
    """Four rounds, of which the second and the third had WorkloadTokens; `story`: what happened in between."""
    rows = [[what, *(_short(each[what]) for each in rounds), _ratio(what, rounds)] for what in rounds[0]]
    told = [[what, _short(value)] for what, value in story.items()]
    text = f"""# {count:,} WorkloadTokens beside {tokens:,} tokens

Written by `BENCH_TOKENS={tokens} WORKLOADS={count} python -m bench scale-workloads`: API server, etcd, controllers,
operator, verifier and the load share the cores below. With WorkloadTokens there are their ApiTokens too, two for each;
`SETTLE` was 1s while tokens were made, and the default in the rounds. Meanwhile one client minted a token in another
namespace every ten seconds ("Nobody": before there was any WorkloadToken), and asked the operator's `/readyz` twice a
second: each answer was 200, or the run would have failed.

{shape}

## All at once

{table(["what", "measured"], told)}

## Rounds, in their order

The last column is the mean of those with them over the mean of those without. Requests at rest are of half a minute.

{table(["what", *_TITLES], rows)}"""
    write("scale-workloads", text)


def _ratio(what: str, rounds: Sequence[Figures]) -> str:
    first, second, third, fourth = (each[what] for each in rounds)
    without = first + fourth
    return f"{(second + third) / without:.2f}" if without else "-"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:.3g}"
