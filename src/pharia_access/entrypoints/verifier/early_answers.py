"""A gateway's check, answered at once: what its target asks for, whose text it shows, and whether that one may pass."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pharia_access.domain.requirements import MAX_REQUIREMENT_BYTES
from pharia_access.entrypoints.verifier.accepted_texts import AcceptedText, AcceptedTexts
from pharia_access.entrypoints.verifier.answers import METHOD_NOT_ALLOWED, Answer
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.gateways import Gateway, gateway_for
from pharia_access.services.gate import Gate
from pharia_access.services.verifier import Accepted

__all__ = ["EarlyAnswers"]

_TARGETS_READY: Final = 1024
"""How many targets are kept ready. Gateways ask for the same few."""
_LONGEST_READY: Final = MAX_REQUIREMENT_BYTES + 64
"""Longer ones say nothing that is understood, and a client might fill the memory with them."""


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """What a target asks. One object for each target that is kept ready, so that it is found by what it is."""

    gateway: Gateway
    requirement: str


class EarlyAnswers:
    """Answers the gateways' checks before they become requests of the application. For all connections of a port."""

    def __init__(self, gate: Gate, busy_poll: BusyPoll, texts: AcceptedTexts | None = None) -> None:
        self.busy_poll = busy_poll
        self.texts = texts or AcceptedTexts()
        self._gate = gate
        self._digest = self.texts.digest

    def answer(self, method: bytes, target: bytes, value: bytes | None) -> Answer | None:
        """The answer; None where the target asks for no check, or only Argon2id can tell.

        Args:
            method: in capitals, as it came.
            target: as it came; behind Envoy's `/-/` nothing counts.
            value: of the only `Authorization`; None if there is none.
        """
        asked = _ready(target) if len(target) <= _LONGEST_READY else _question(target)
        if asked is None:
            return None
        methods = asked.gateway.methods
        if methods is not None and method not in methods:
            return METHOD_NOT_ALLOWED
        if value is None:
            return self._decide(asked, ())
        digest = self._digest(value)
        known = self.texts.find(digest)
        if known is not None:
            answer = known.answers.get(asked)
            if answer is not None and self._gate.passes_again(asked.gateway.contract, known.accepted):
                return answer
        return self._decide(asked, (value,), digest)

    def _decide(self, asked: _Question, values: tuple[bytes, ...], digest: bytes = b"") -> Answer | None:
        gateway = asked.gateway
        decision = self._gate.decide_at_once(gateway.contract, values, asked.requirement)
        if decision is None:
            return None
        answer = gateway.answer(decision)
        if decision.accepted is not None:
            self._remember(asked, digest, decision.accepted, answer)
        return answer

    def _remember(self, asked: _Question, digest: bytes, accepted: Accepted, answer: Answer) -> None:
        known = self.texts.find(digest)
        if known is None or not known.accepted.rests_on_the_same(accepted):
            known = AcceptedText(accepted)
            self.texts.remember(digest, known)
        known.answer_by(asked, answer)


def _question(target: bytes) -> _Question | None:
    path, _, query = target.partition(b"?")
    found = gateway_for(path, query)
    return None if found is None else _Question(*found)


_ready = lru_cache(_TARGETS_READY)(_question)
