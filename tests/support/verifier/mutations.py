"""Inputs that somebody might send: good ones, changed in small and in large ways, and noise. Seeded, and fast."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pharia_access.domain.token import parse
from pharia_access.domain.verification.bearer import bearer_token
from pharia_access.domain.verification.requirements import parse_requirement
from pharia_access.entrypoints.verifier import introspection, token_review
from pharia_access.entrypoints.verifier.check_headers import USUAL
from pharia_access.entrypoints.verifier.check_user import answer_check_user
from pharia_access.entrypoints.verifier.long_work import LongRequest, LongWork
from pharia_access.errors import RequirementError, TokenFormatError
from pharia_access.services.verifier.authorizer import Contract
from pharia_access.services.verifier.verifier import Allowed, Denied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from tests.support.verifier.verifier_server import VerifierServer

__all__ = ["Feeder", "mutations"]

_PIECES = (b"_", b",", b" ", b"=", b"&", b";", b"%", b"%zz", b"\x00", b"\xff", b"Bearer ", b"role=", b"any", b"[[[[")
_LONGEST = 400


def mutations(seeds: list[bytes], random: Random) -> Iterator[bytes]:
    """Endless: one of the seeds, changed at a few places; now and then noise."""
    while True:
        data = bytearray(random.choice(seeds))
        for _ in range(random.randint(1, 4)):
            _mutate(data, random)
        yield bytes(data[:_LONGEST])


def _mutate(data: bytearray, random: Random) -> None:
    at = random.randint(0, len(data))
    match random.randrange(6):
        case 0:
            data[at:at] = random.choice(_PIECES)
        case 1:
            del data[at : at + random.randint(1, 8)]
        case 2:
            data[at : at + 1] = random.randbytes(1)
        case 3:
            data[at:at] = data[: random.randint(0, len(data))]
        case 4:
            data[:] = data[at:] + data[:at]
        case _:
            data[at:] = random.randbytes(random.randint(0, 90))


class Feeder:
    """Hands inputs to everything that reads what a stranger sent; answers nothing, raises AssertionError."""

    def __init__(self, server: VerifierServer) -> None:
        self._door = server
        self._good = server.issue().reveal().encode()
        found = server.verifier.check(self._good)
        assert isinstance(found, Allowed)
        self._accepted = found
        self._readers: tuple[Callable[[bytes], object], ...] = (
            self._header,
            self._token,
            self._requirement,
            self._target,
            self._bodies,
        )

    @property
    def seeds(self) -> list[bytes]:
        """What is worth changing."""
        return [
            self._good,
            b"Bearer " + self._good,
            b"role=studio-user&permission=AccessModel;model=a%2Fb&satisfy=any",
            b"/auth/envoy/role=studio-user/-/v1/models?x=y",
            b'{"permissions":[{"permission":"AccessModel","model":"*"}]}',
            b"token=" + self._good + b"&token_type_hint=access_token",
            b'{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"x","audiences":["a"]}}',
        ]

    def feed(self, data: bytes) -> None:
        """To every reader."""
        for read in self._readers:
            read(data)

    def _header(self, data: bytes) -> None:
        presented = bearer_token([data])
        decision = self._door.authorizer.authorize_nowait(Contract.NGINX, presented, data.decode("latin-1"))
        assert isinstance(decision, Allowed | Denied)
        assert isinstance(decision, Denied) or self._good in data

    def _token(self, data: bytes) -> None:
        with suppress(TokenFormatError):
            parse(data)
        assert isinstance(self._door.verifier.check(data), Allowed) is (data == self._good)

    def _requirement(self, data: bytes) -> None:
        with suppress(RequirementError):
            parse_requirement(data.decode("latin-1"))

    def _target(self, data: bytes) -> None:
        path, _, query = data.partition(b"?")
        USUAL.find(path, query)

    def _bodies(self, data: bytes) -> None:
        answering = answer_check_user(self._accepted, data, LongRequest(LongWork(lambda: 0), "finance/ci-bot"))
        try:
            answering.send(None)
        except StopIteration as end:
            status = end.value.status
        else:
            status = 0  # so short a body made somebody wait
        assert status in {200, 422}
        introspection.parse_form(introspection.FORM, data)
        token_review.parse_review(data)
