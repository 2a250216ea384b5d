"""The proof of a token: Argon2id (RFC 9106) over its whole text. The only importer of argon2.

Both functions take tens of milliseconds and `memory_kib` of memory, and release the GIL: run them in a
bounded pool of threads, never on an event loop.

Who may write a stored hash chooses what it costs to check it, so nothing is computed for one whose
parameters lie above the ceiling. The floor is a matter of what we write, so `require_floor` is for settings:
a stored hash below today's floor still proves its token.
"""

import re
from dataclasses import dataclass

from argon2 import PasswordHasher, Type
from argon2.exceptions import HashingError, VerificationError, VerifyMismatchError
from argon2.low_level import verify_secret

from pharia_access.domain.token import TokenText
from pharia_access.errors import HashError

__all__ = [
    "CHEAPEST",
    "OWASP_MINIMUM",
    "Argon2Parameters",
    "hash_token",
    "require_floor",
    "verify_hash",
]

_KIB_PER_LANE = 8  # RFC 9106, section 3.1: at least 8 * p KiB
_SALT_BYTES = 16
_TAG_BYTES = 32

# What `hash_token` writes: version 1.3, a salt of 16 and a tag of 32 bytes (22 and 43 characters of base64).
_PHC = re.compile(
    r"\$argon2id\$v=19\$m=([1-9][0-9]{0,7}),t=([1-9][0-9]{0,3}),p=([1-9][0-9]{0,3})"
    r"\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}"
)


@dataclass(frozen=True, slots=True)
class Argon2Parameters:
    """The cost of one hash. Never above the ceiling: 131072 KiB, 10 passes, 4 lanes.

    Attributes:
        memory_kib: memory in KiB, at least 8 for each lane.
        time_cost: passes over the memory.
        parallelism: lanes, each a thread. More than one only throttles a container of one CPU.

    Raises:
        HashError: a value is below what Argon2 can do or above the ceiling; the text names it.
    """

    memory_kib: int = 19456
    time_cost: int = 2
    parallelism: int = 1

    def __post_init__(self) -> None:
        self._require("parallelism", low=1, high=4)
        self._require("time_cost", low=1, high=10)
        self._require("memory_kib", low=_KIB_PER_LANE * self.parallelism, high=131072)

    def _require(self, name: str, *, low: int, high: int) -> None:
        value = getattr(self, name)
        if not low <= value <= high:
            msg = f"Argon2id {name} is {value}, must be from {low} to {high}"
            raise HashError(msg)

    def covers(self, other: "Argon2Parameters") -> bool:
        """Return whether memory and passes are at least those of the other."""
        return self.memory_kib >= other.memory_kib and self.time_cost >= other.time_cost


OWASP_MINIMUM = (
    Argon2Parameters(memory_kib=47104, time_cost=1),
    Argon2Parameters(memory_kib=19456, time_cost=2),
    Argon2Parameters(memory_kib=12288, time_cost=3),
    Argon2Parameters(memory_kib=9216, time_cost=4),
    Argon2Parameters(memory_kib=7168, time_cost=5),
)
"""Minimums of equal strength, from the OWASP Password Storage Cheat Sheet."""

CHEAPEST = Argon2Parameters(memory_kib=8, time_cost=1, parallelism=1)
"""Only for tests: far below the floor, which settings never let through."""


def require_floor(parameters: Argon2Parameters) -> None:
    """Refuse parameters weaker than every OWASP minimum.

    Raises:
        HashError: the text lists the minimums.
    """
    if any(parameters.covers(minimum) for minimum in OWASP_MINIMUM):
        return
    minimums = ", ".join(f"{m.memory_kib} KiB with time_cost {m.time_cost}" for m in OWASP_MINIMUM)
    msg = f"Argon2id parameters are too weak, they must reach at least one of: {minimums}"
    raise HashError(msg)


def hash_token(text: TokenText, parameters: Argon2Parameters) -> str:
    """Hash the token under a fresh salt; the answer is a PHC string, which names its parameters.

    Raises:
        HashError: Argon2 could not run, most likely for want of memory. Another attempt may succeed.
    """
    hasher = PasswordHasher(
        time_cost=parameters.time_cost,
        memory_cost=parameters.memory_kib,
        parallelism=parameters.parallelism,
        hash_len=_TAG_BYTES,
        salt_len=_SALT_BYTES,
        type=Type.ID,
    )
    try:
        return hasher.hash(text.reveal())
    except HashingError as error:
        msg = f"Argon2id could not hash: {error}"
        raise HashError(msg) from error


def verify_hash(phc: str, text: TokenText) -> bool:
    """Return whether the stored hash is this token's, in constant time for its parameters.

    Raises:
        HashError: the hash is not one that `hash_token` writes, or its parameters lie above the ceiling (found
            before any work is done), or Argon2 could not run.
    """
    found = _PHC.fullmatch(phc)
    if found is None:
        msg = "the stored hash is not an Argon2id hash of ours"
        raise HashError(msg)
    Argon2Parameters(*(int(value) for value in found.groups()))
    try:
        return verify_secret(phc.encode("ascii"), text.reveal().encode("ascii"), Type.ID)
    except VerifyMismatchError:
        return False
    except VerificationError as error:
        msg = f"Argon2id could not check the stored hash: {error}"
        raise HashError(msg) from error
