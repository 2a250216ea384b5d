"""A gateway's check, answered at once: what its target asks for, whose text it shows, and whether that one may pass."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from pharia_access.domain.requirements import MAX_REQUIREMENT_BYTES
from pharia_access.entrypoints.verifier.accepted_texts import AcceptedText, AcceptedTexts
from pharia_access.entrypoints.verifier.answers import METHOD_NOT_ALLOWED, Answer
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.gateways import Gateway, gateway_for
from pharia_access.services.gate import Gate

__all__ = ["EarlyAnswers"]

_ROUTES_READY: Final = 1024
"""How many targets are kept ready. Gateways ask for the same few."""
_LONGEST_READY: Final = MAX_REQUIREMENT_BYTES + 64
"""Longer ones say nothing that is understood, and a client might fill the memory with them."""


@dataclass(frozen=True, slots=True)
class EarlyAnswers:
    """Answers the gateways' checks before they become requests of the application. For all connections of a port."""

    gate: Gate
    busy_poll: BusyPoll
    texts: AcceptedTexts = field(default_factory=AcceptedTexts)

    def answer(self, method: bytes, target: bytes, value: bytes | None) -> Answer | None:
        """The answer; None where the target asks for no check, or only Argon2id can tell.

        Args:
            target: as it came; behind Envoy's `/-/` nothing counts.
            value: of the only `Authorization`; None if there is none.
        """
        asked = _route(target) if len(target) <= _LONGEST_READY else _way(target)
        if asked is None:
            return None
        methods = asked[0].methods
        if methods is not None and method not in methods:
            return METHOD_NOT_ALLOWED
        if value is None:
            return self._decide(asked, ())
        digest = self.texts.digest(value)
        known = self.texts.find(digest)
        if known is not None:
            answer = known.answers.get(asked)
            if answer is not None and self.gate.passes_again(asked[0].contract, known.accepted):
                return answer
        return self._decide(asked, (value,), digest)

    def _decide(self, asked: tuple[Gateway, str], values: tuple[bytes, ...], digest: bytes = b"") -> Answer | None:
        gateway, requirement = asked
        decision = self.gate.decide_at_once(gateway.contract, values, requirement)
        if decision is None:
            return None
        answer = gateway.answer(decision)
        if decision.accepted is not None:
            known = self.texts.find(digest)
            if known is None or known.accepted != decision.accepted:
                known = AcceptedText(decision.accepted)
                self.texts.remember(digest, known)
            known.answer_by(asked, answer)
        return answer


def _way(target: bytes) -> tuple[Gateway, str] | None:
    path, _, query = target.partition(b"?")
    return gateway_for(path, query)


_route = lru_cache(_ROUTES_READY)(_way)
