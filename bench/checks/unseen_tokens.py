"""What a ServiceAccount's token costs that the verifier has not seen: in all, and by part in one process."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from bench.checks.asked import count_in
from bench.checks.played_issuer import ISSUER, LIFE
from bench.checks.wrk import Load, Wrk
from pharia_access.domain.verification.service_accounts import RULES, Bounds, judge_claims, key_of, read_claims
from pharia_access.domain.verification.signatures import read_signing_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import psutil

    from bench.checks.signed_tokens import SigningKey

__all__ = ["Parts", "cost_of_all", "costs_of_parts"]

_ONCE: Final = Load("unseen", of=(), connections=8, script="once.lua")
_LONGEST_SECONDS: Final = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parts:
    """Microseconds of CPU of a token, medians over chunks."""

    header: float
    signature: float
    wrong_signature: float
    claims: float
    rules: float


def cost_of_all(wrk: Wrk, texts: Path, *, port: int, process: psutil.Process) -> float:
    """Microseconds of CPU of a check, the request's included, where each text of the file is asked with once."""
    before = sum(process.cpu_times()[:2])
    asked = Wrk(wrk.program, wrk.token, texts)
    count, _ = count_in(asked.run(_ONCE, port, seconds=_LONGEST_SECONDS))
    used: float = sum(process.cpu_times()[:2]) - before
    return 1e6 * used / count


def costs_of_parts(key: SigningKey, keys: bytes, good: Sequence[str], bad: Sequence[str]) -> Parts:
    """By part, in this process."""
    read, bounds = read_signing_keys(keys), Bounds(ISSUER, LIFE)

    def verify(text: bytes) -> bool:
        return read.verify(text, algorithm=key.algorithm, key_id=key.key_id)

    tokens, forged = ([text.encode() for text in texts] for texts in (good, bad))
    said = list(map(read_claims, tokens))
    return Parts(
        header=_microseconds(key_of, tokens),
        signature=_microseconds(verify, tokens),
        wrong_signature=_microseconds(verify, forged),
        claims=_microseconds(read_claims, tokens),
        rules=_microseconds(lambda claims: judge_claims(claims, bounds, claims.issued_at, rules=RULES), said),
    )


def _microseconds(call: Callable[[T], object], values: Sequence[T]) -> float:
    """The median over chunks of a hundred."""
    chunks = [values[at : at + 100] for at in range(0, len(values), 100)]
    return 1e6 * statistics.median(_seconds(call, chunk) / len(chunk) for chunk in chunks)


def _seconds(call: Callable[[T], object], values: Sequence[T]) -> float:
    began = time.process_time()
    for value in values:
        call(value)
    return time.process_time() - began
