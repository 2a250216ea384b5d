"""Answer a gateway's check at once: read the question in the target, recognize the text, authorize."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from re import Match
from typing import Final

from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.bearer import bearer_token
from pharia_access.domain.verification.requirement_headers import Asked
from pharia_access.domain.verification.requirements import MAX_REQUIREMENT_BYTES
from pharia_access.entrypoints.verifier.accepted_texts import AcceptedTexts, EarlyAnswer
from pharia_access.entrypoints.verifier.answers import METHOD_NOT_ALLOWED
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.check_headers import USUAL
from pharia_access.entrypoints.verifier.gateways import Gateway
from pharia_access.entrypoints.verifier.plain_requests import PLAIN
from pharia_access.services.verifier.authorizer import Authorizer
from pharia_access.services.verifier.client_word import ClientWord
from pharia_access.services.verifier.signature_queue import SignatureQueue
from pharia_access.services.verifier.verifier import Allowed, Denied

__all__ = ["LONGEST_READY", "TARGETS_READY", "EarlyAnswers", "Question", "new_mark"]

TARGETS_READY: Final = 1024
"""The most targets to keep parsed. Gateways ask for the same few."""
LONGEST_READY: Final = MAX_REQUIREMENT_BYTES + 64
"""The longest target to keep parsed. A longer one has no valid requirement, and a client could fill the memory."""

_VALUE: Final = 4
_VALUE_BEFORE_HOST: Final = 5
"""Groups of `PLAIN`."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """The question that a target asks.

    Attributes:
        mark: unique to this question.
    """

    gateway: Gateway
    requirement: Asked
    mark: bytes


class EarlyAnswers:
    """Answers gateways' checks before they become requests of the application, for all connections of a port.

    Attributes:
        match: matches a plain request, for `answer` and `frame_of`.
    """

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
        self.match: Callable[..., Match[bytes] | None] = PLAIN.match
        self._authorizer, self._reauthorize = authorizer, authorizer.reauthorize

    def answer(self, request: Match[bytes]) -> EarlyAnswer | SignatureQueue | None:
        """Return the answer; None where the target asks for no check, or where only Argon2id can tell.

        Where a signature must be verified, and others wait for theirs, return the queue.

        A repeated question with the same accepted text gets the same object, as long as nothing changes.
        """
        method, envoys, target, value, value_before = request.groups()
        target, value = envoys or target, value or value_before
        asked = _ready(target) if len(target) <= LONGEST_READY else _question(target)
        if asked is None:
            return None
        methods = asked.gateway.methods
        if methods is not None and method not in methods:
            return EarlyAnswer(METHOD_NOT_ALLOWED, asked.gateway.contract)
        if value is None:
            return self.authorized(asked, Refusal.NO_CREDENTIALS)
        digest = self.digest(asked.mark + value)
        return self.answer_known(digest) or self.authorized(asked, bearer_token((value,)), digest)

    def answer_known(self, digest: bytes) -> EarlyAnswer | None:
        """Return the answer to a text that was accepted before, if it still holds.

        Args:
            digest: of a request's mark and the text.
        """
        known = self._find(digest)
        if known is not None and known.accepted is not None and self._reauthorize(known.contract, known.accepted):
            return known
        return None

    def frame_of(self, request: Match[bytes]) -> tuple[tuple[int, int], bytes]:
        """Return where the value of the header with the token stands, and the mark of what is around.

        No two questions share a mark. It is empty where the target is too long to be one.
        """
        target = request[2] or request[3]
        asked = _ready(target) if len(target) <= LONGEST_READY else None
        return request.span(_VALUE if request[_VALUE] else _VALUE_BEFORE_HOST), b"" if asked is None else asked.mark

    def reauthorize(self, known: EarlyAnswer) -> bool:
        """Tell whether the same request may get the same answer again. Records nothing on False."""
        return known.accepted is not None and self._reauthorize(known.contract, known.accepted)

    def authorized(
        self, asked: Question, presented: bytes | Refusal, digest: bytes = b""
    ) -> EarlyAnswer | SignatureQueue | None:
        """Authorize. Remember an accepted text under its digest."""
        gateway = asked.gateway
        result = self._authorizer.authorize_nowait(gateway.contract, presented, asked.requirement)
        if isinstance(result, Allowed):
            found = EarlyAnswer(gateway.answer(result), gateway.contract, result)
            self.texts.remember(digest, found)
            return found
        if isinstance(result, Denied):
            return EarlyAnswer(gateway.answer(result), gateway.contract)
        return result if isinstance(result, SignatureQueue) else None


_marks = count()


def new_mark() -> bytes:
    """Return a mark that no other question has."""
    return b"%d " % next(_marks)


def _question(target: bytes) -> Question | None:
    path, _, query = target.partition(b"?")
    found = USUAL.find(path, query)
    return None if found is None else Question(*found, new_mark())


_ready = lru_cache(TARGETS_READY)(_question)
