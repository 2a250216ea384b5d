"""Answer gateways' checks at once where an administrator lists headers (`check_headers`): for tokens, for requirements.

The same as `early_answers`, beside it, so that reading more headers costs nothing where nobody asked for it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from re import Match
from sys import maxsize
from typing import Final

from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.requirement_headers import MAX_VALUE_BYTES
from pharia_access.entrypoints.verifier.accepted_texts import AcceptedTexts, EarlyAnswer
from pharia_access.entrypoints.verifier.answers import METHOD_NOT_ALLOWED
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.check_headers import CheckHeaders
from pharia_access.entrypoints.verifier.early_answers import (
    LONGEST_READY,
    TARGETS_READY,
    EarlyAnswers,
    Question,
    new_mark,
)
from pharia_access.entrypoints.verifier.plain_requests import plain_with
from pharia_access.services.verifier.authorizer import Authorizer
from pharia_access.services.verifier.client_word import ClientWord
from pharia_access.services.verifier.signature_queue import SignatureQueue

__all__ = ["HeaderAnswers", "early_answers"]

_NAME: Final = 4
_NAME_BEFORE_HOST: Final = 6
"""Groups of the expressions; the value is the next one."""
_LONGEST_VALUES: Final = 2 * MAX_VALUE_BYTES
"""Bytes of headers' values to keep a question for. A client chooses them, and could fill the memory."""

_Values = tuple[tuple[bytes, ...], ...]


@dataclass(frozen=True, slots=True)
class _Target:
    """What a target asks.

    Attributes:
        question: complete where the requirement names no header.
        named: the headers that it names.
    """

    question: Question
    named: tuple[str, ...]


class HeaderAnswers(EarlyAnswers):
    """Answers checks whose token, or whose requirement, comes in one of several headers."""

    def __init__(
        self,
        authorizer: Authorizer,
        busy_poll: BusyPoll,
        texts: AcceptedTexts | None = None,
        *,
        headers: CheckHeaders,
        client_word: ClientWord | None = None,
    ) -> None:
        super().__init__(authorizer, busy_poll, texts, client_word=client_word)
        self._plain, self._with_empty = (plain_with(headers.tokens.names, empty=empty).match for empty in (False, True))
        self.match = self._match
        self._headers = headers
        self._token_in = headers.tokens.token_in
        self._token_lines = re.compile(rb"\r\n((?i:" + b"|".join(map(re.escape, headers.tokens.names)) + rb")):")
        named = ((name, name.encode("ascii")) for name in headers.requirements.names)
        self._lines = {name: re.compile(rb"\r\n(?i:" + re.escape(raw) + rb"):([^\r\n]*)") for name, raw in named}
        self._ready = lru_cache(TARGETS_READY)(self._target)
        self._bound_ready = lru_cache(TARGETS_READY)(self._bound)

    def answer(self, request: Match[bytes]) -> EarlyAnswer | SignatureQueue | None:
        """Return the answer; None where the target asks for no check, or where only Argon2id can tell; or the queue."""
        method, envoys, target, name, value, name_before, value_before = request.groups()
        target, name, value = envoys or target, name or name_before, value or value_before
        found = self._ready(target) if len(target) <= LONGEST_READY else self._target(target)
        if found is None:
            return None
        asked = self._asked(found, request) if found.named else found.question
        methods = asked.gateway.methods
        if methods is not None and method not in methods:
            return EarlyAnswer(METHOD_NOT_ALLOWED, asked.gateway.contract)
        if value is None:
            return self.authorized(asked, Refusal.NO_CREDENTIALS)
        digest = self.digest(b"%b%b:%b" % (asked.mark, name, value))
        return self.answer_known(digest) or self.authorized(asked, self._token_in(name.lower(), value), digest)

    def frame_of(self, request: Match[bytes]) -> tuple[tuple[int, int], bytes]:
        """Return where the token's value stands, and the mark of what is around: question, and name of the header."""
        target, name = request[2] or request[3], _NAME if request[_NAME] else _NAME_BEFORE_HOST
        found = self._ready(target) if len(target) <= LONGEST_READY else None
        if found is None:
            return request.span(name + 1), b""
        return request.span(name + 1), b"%b%b:" % (self._asked(found, request).mark, request[name])

    def _match(self, data: bytes, at: int = 0, end: int = maxsize) -> Match[bytes] | None:
        """Match a plain request. Caddy sends each listed header, and empty what the client did not send."""
        request = self._plain(data, at, end)
        if request is not None:
            return request
        request = self._with_empty(data, at, end)
        return None if request is None or self._names_one_twice(request) else request

    def _asked(self, found: _Target, request: Match[bytes]) -> Question:
        if not found.named:
            return found.question
        head = request[0]
        values = tuple(tuple(self._lines[name].findall(head)) for name in found.named)
        short = sum(len(value) for all_of_one in values for value in all_of_one) <= _LONGEST_VALUES
        return self._bound_ready(found, values) if short else self._bound(found, values)

    def _target(self, target: bytes) -> _Target | None:
        path, _, query = target.partition(b"?")
        found = self._headers.find(path, query)
        if found is None:
            return None
        return _Target(Question(*found, new_mark()), self._headers.requirements.named_in(found[1]))

    def _bound(self, target: _Target, values: _Values) -> Question:
        """Put the values of the headers into the requirement."""
        gateway, text = target.question.gateway, target.question.requirement
        of = dict(zip(target.named, values, strict=True))
        return Question(gateway, self._headers.requirements.bind(str(text), of.__getitem__), new_mark())

    def _names_one_twice(self, request: Match[bytes]) -> bool:
        names = [name.lower() for name in self._token_lines.findall(request[0])]
        return len(set(names)) < len(names)


def early_answers(
    authorizer: Authorizer, busy_poll: BusyPoll, headers: CheckHeaders, *, client_word: ClientWord | None = None
) -> EarlyAnswers:
    """Make what answers checks at once: the plain one where nothing is listed."""
    if headers.are_usual:
        return EarlyAnswers(authorizer, busy_poll, client_word=client_word)
    return HeaderAnswers(authorizer, busy_poll, headers=headers, client_word=client_word)
