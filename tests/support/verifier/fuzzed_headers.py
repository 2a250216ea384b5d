"""Heads of checks with tokens and models in any header, whole and hurt: each number is a seed. Beside a reference."""

from __future__ import annotations

import base64
import itertools
import secrets
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final

from pharia_access.domain.token import mint
from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.token_headers import TokenHeader
from tests.support.verifier.listed_headers import FOR_MODEL, connected, head, model_server
from tests.support.verifier.memory_transport import read_replies, settle
from tests.support.verifier.token_header_reference import reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.verifier.memory_transport import MemoryTransport

__all__ = ["Fuzzed", "HeaderFuzzer", "Tally"]

Line = tuple[bytes, bytes]

_LISTS: Final = tuple(found for count in range(5) for found in itertools.combinations(tuple(TokenHeader), count))
"""Every set that somebody can list."""
_TARGETS: Final = ("/auth/forward", "/auth/nginx", "/auth/envoy/role=foo-user/-/v1", FOR_MODEL, FOR_MODEL)
_NAMES: Final = (b"authorization", b"Authorization", b"x-api-key", b"X-Api-Key", b"api-key", b"x-goog-api-key")
_ODD_NAMES: Final = (b"x_api_key", b"x-api-keys", b"xx-api-key", b"apikey", b"api-key-", b"authorization2", b"x-a")
_MODELS: Final = (
    b"foo",
    b"foo",
    b"foo",
    b"foo",
    b"foo",
    b"bar",
    b"*",
    b"",
    b"foo,bar",
    b"@foo",
    b"\xff",
    b"f\tb",
    b"x" * 256,
    b"x" * 257,
)
_ODD_MODELS: Final = (b"\xc3\xa4", b"\xe2\x80\x8b", b"a;model=foo", b"%66oo", b"foo&satisfy=any")
_SCHEMES: Final = (b"Bearer ", b"bearer  ", b"BEARER ", b"Basic ", b"basic ", b"Digest ", b"Bearer", b"Bearer\t", b"")
_BLANKS: Final = (b"", b" ", b"\t", b"  ", b" \t ")
_FORBIDDEN: Final = (b"\x00", b"\x01", b"\x7f", b"\x0b")
_SEQUENCE: Final = 6
"""The most requests of one connection."""


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """A check.

    Attributes:
        lines: of its head, in their order; names as they are sent.
        is_sound: whether it is HTTP.
    """

    target: str
    lines: tuple[Line, ...]
    is_sound: bool = True

    def raw(self) -> bytes:
        """The bytes of it."""
        return head(self.target, *(name + b":" + value for name, value in self.lines))


@dataclass(slots=True)
class Tally:
    """What was sent."""

    headers: int = 0
    checks: int = 0
    at_once: int = 0
    statuses: dict[int, int] = field(default_factory=dict)


class HeaderFuzzer:
    """Sends checks by both ways and compares each answer with the reference. Needs a running loop."""

    def __init__(self) -> None:
        self._server = model_server()
        self.tally = Tally()
        self._texts = {
            "good": self._server.issue().reveal().encode(),
            "foo": self._server.issue("foo", roles=("foo-user",)).reveal().encode(),
            "revoked": self._server.issue("revoked", revoked=True).reveal().encode(),
            "unknown": mint("pharia", secrets.token_bytes).reveal().encode(),
        }

    async def sequence(self, seed: int) -> None:
        """Some checks over one connection. Raises AssertionError where an answer is not the reference's."""
        random = Random(seed)  # noqa: S311 - repeatable
        listed = random.choice((_LISTS[-1], random.choice(_LISTS)))
        transport = connected(self._server, listed, fast=random.random() < 0.9)
        for check in self._checks(random):
            if transport.closed:
                return
            await self._compare(transport, check, listed)

    async def _compare(self, transport: MemoryTransport, check: Fuzzed, listed: Sequence[TokenHeader]) -> None:
        before = len(transport.written)
        transport.feed(check.raw())
        self.tally.at_once += len(transport.written) > before
        if len(transport.written) == before:
            await settle()
        (reply,) = read_replies(transport.written[before:])
        self.tally.checks += 1
        self.tally.headers += len(check.lines)
        self.tally.statuses[reply.status] = self.tally.statuses.get(reply.status, 0) + 1
        right = self._right(check, listed)
        assert reply.status in right, (check, listed, reply.status, right)
        for text in self._texts.values():
            assert text not in transport.written, "a token in an answer"

    def _checks(self, random: Random) -> list[Fuzzed]:
        """Some checks, each of which may repeat the one before, or a part of it."""
        found = [self._check(random)]
        for _ in range(random.randrange(_SEQUENCE)):
            last = found[-1]
            match random.randrange(5):
                case 0:
                    found += [last] * random.choice((1, 1, 9))
                case 1:
                    found.append(Fuzzed(random.choice(_TARGETS), last.lines, last.is_sound))
                case 2:
                    lines = random.sample(last.lines, len(last.lines))
                    found.append(Fuzzed(last.target, tuple(lines), last.is_sound))
                case 3:
                    renamed = tuple((random.choice(_NAMES), value) for _, value in last.lines)
                    found.append(Fuzzed(last.target, renamed, last.is_sound))
                case _:
                    found.append(self._check(random))
        return found

    def _check(self, random: Random) -> Fuzzed:
        count = random.choice((0, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4))
        lines = [self._line(random) for _ in range(count)]
        models = random.choice((0, 1, 1, 1, 1, 1, 2))
        lines += [
            (b"x-AI-eg-model", random.choice(_BLANKS) + random.choice(_MODELS + _ODD_MODELS)) for _ in range(models)
        ]
        lines += [(b"x-other", random.randbytes(5).hex().encode()) for _ in range(random.choice((0, 0, 1)))]
        random.shuffle(lines)
        is_sound = not (lines and random.random() < 0.02)
        if not is_sound:
            at = random.randrange(len(lines))
            name, value = lines[at]
            lines[at] = (name, value + random.choice(_FORBIDDEN) + b"x")
        return Fuzzed(random.choice(_TARGETS), tuple(lines), is_sound)

    def _line(self, random: Random) -> Line:
        name = random.choice(_NAMES) if random.random() < 0.9 else random.choice(_ODD_NAMES)
        texts = (*self._texts.values(), *(self._texts["good"], self._texts["foo"]) * 4)
        token = random.choice((*texts, b"hello", b"", b"x" * 257))
        value = token
        if name.lower() == b"authorization":
            scheme = random.choice((*_SCHEMES, *_SCHEMES[:1] * 4, *_SCHEMES[3:4] * 4))
            value = scheme + (base64.b64encode(b"u:" + token) if scheme.lower().startswith(b"basic") else token)
        if random.random() < 0.1:
            value = _hurt(value, random)
        return name, random.choice(_BLANKS) + value + random.choice(_BLANKS)

    def _right(self, check: Fuzzed, listed: Sequence[TokenHeader]) -> set[int]:
        """The statuses that the rules allow: one, but where it is no HTTP."""
        if not check.is_sound:
            return {400}
        pairs = [(name.lower(), value) for name, value in check.lines]
        read = reference(pairs, listed)
        if read is Refusal.AMBIGUOUS_CREDENTIALS:
            return {401 if check.target == "/auth/nginx" else 400}
        holder = next((of for of in ("good", "foo") if self._texts[of] == read), None)
        if holder is None:
            return {401}
        if check.target == FOR_MODEL:
            return {200 if _grants(holder, [value for name, value in pairs if name == b"x-ai-eg-model"]) else 403}
        return {200 if check.target in {"/auth/forward", "/auth/nginx"} or holder == "foo" else 403}


def _grants(holder: str, values: list[bytes]) -> bool:
    """Whether this header lets the holder in: of `good` any model is held, of `foo` one."""
    if len(values) != 1:
        return False
    model = values[0].strip(b" \t")
    if holder == "foo":
        return model == b"foo"
    usable = 0 < len(model) <= 256 and b"," not in model and not model.startswith(b"@")
    return usable and _is_text(model)


def _is_text(model: bytes) -> bool:
    try:
        return all(character.isprintable() for character in model.decode())
    except UnicodeDecodeError:
        return False


def _hurt(value: bytes, random: Random) -> bytes:
    """The value, changed at a place; still HTTP."""
    at = random.randint(0, len(value))
    piece = random.choice((b",", b" ", b"\t", b"=", b":", b"\xff", b"a", b"Bearer ", value))
    match random.randrange(3):
        case 0:
            return value[:at] + piece + value[at:]
        case 1:
            return value[:at] + value[at + random.randint(1, 8) :]
        case _:
            return value[at:] + value[:at]
