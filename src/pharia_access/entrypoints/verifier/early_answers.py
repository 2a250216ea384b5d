"""Answer a gateway's check at once: read the question in the target, recognize the text, authorize."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Final

from pharia_access.domain.verification.requirements import MAX_REQUIREMENT_BYTES
from pharia_access.entrypoints.verifier.accepted_texts import AcceptedTexts, EarlyAnswer
from pharia_access.entrypoints.verifier.answers import METHOD_NOT_ALLOWED
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.gateways import Gateway, gateway_for
from pharia_access.services.verifier.authorizer import Authorizer
from pharia_access.services.verifier.client_word import ClientWord
from pharia_access.services.verifier.verifier import Allowed, Denied

__all__ = ["EarlyAnswers"]

_TARGETS_READY: Final = 1024
"""The most targets to keep parsed. Gateways ask for the same few."""
_LONGEST_READY: Final = MAX_REQUIREMENT_BYTES + 64
"""The longest target to keep parsed. A longer one has no valid requirement, and a client could fill the memory."""


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """The question that a target asks.

    Attributes:
        mark: unique to this question.
    """

    gateway: Gateway
    requirement: str
    mark: bytes


class EarlyAnswers:
    """Answers gateways' checks before they become requests of the application, for all connections of a port."""

    def __init__(
        self,
        authorizer: Authorizer,
        busy_poll: BusyPoll,
        texts: AcceptedTexts | None = None,
        *,
        client_word: ClientWord | None = None,
    ) -> None:
        self.busy_poll = busy_poll
        self.client_word = client_word
        self.texts = AcceptedTexts() if texts is None else texts
        self.digest = self.texts.digest
        """Keyed, of whatever bytes."""
        self._find = self.texts.find
        self._authorizer, self._reauthorize = authorizer, authorizer.reauthorize

    def answer(self, method: bytes, target: bytes, value: bytes | None) -> EarlyAnswer | None:
        """Return the answer; None where the target asks for no check, or where only Argon2id can tell.

        A repeated question with the same accepted text gets the same object, as long as nothing changes.

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
            return EarlyAnswer(METHOD_NOT_ALLOWED, asked.gateway.contract)
        if value is None:
            return self._authorize(asked, ())
        digest = self.digest(asked.mark + value)
        return self.answer_known(digest) or self._authorize(asked, (value,), digest)

    def answer_known(self, digest: bytes) -> EarlyAnswer | None:
        """Return the answer to a text that was accepted before, if it still holds.

        Args:
            digest: of a target's mark and the text.
        """
        known = self._find(digest)
        if known is not None and known.accepted is not None and self._reauthorize(known.contract, known.accepted):
            return known
        return None

    def mark_of(self, target: bytes) -> bytes:
        """Return the mark of a target that asks for a check: no two questions share a mark."""
        asked = _ready(target) if len(target) <= _LONGEST_READY else None
        return b"" if asked is None else asked.mark

    def reauthorize(self, known: EarlyAnswer) -> bool:
        """Tell whether the same request may get the same answer again. Records nothing on False."""
        return known.accepted is not None and self._reauthorize(known.contract, known.accepted)

    def _authorize(self, asked: _Question, values: tuple[bytes, ...], digest: bytes = b"") -> EarlyAnswer | None:
        gateway = asked.gateway
        result = self._authorizer.authorize_nowait(gateway.contract, values, asked.requirement)
        if isinstance(result, Allowed):
            found = EarlyAnswer(gateway.answer(result), gateway.contract, result)
            self.texts.remember(digest, found)
            return found
        return EarlyAnswer(gateway.answer(result), gateway.contract) if isinstance(result, Denied) else None


_marks = count()


def _question(target: bytes) -> _Question | None:
    path, _, query = target.partition(b"?")
    found = gateway_for(path, query)
    return None if found is None else _Question(*found, b"%d " % next(_marks))


_ready = lru_cache(_TARGETS_READY)(_question)
