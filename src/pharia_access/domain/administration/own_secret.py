"""A Secret of a person's own that holds a token's text: whether `kubectl access` may overwrite it.

The command marks what it writes, and overwrites nothing else. The mark prevents mistakes; it proves nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pharia_access.domain.administration.next_steps import NameOtherSecret, NameSecretKey, Step
from pharia_access.domain.model import ObjectKey

__all__ = ["OwnSecret", "SecretMark", "SecretTarget", "WriteBlocker", "write_blocker"]

_OPAQUE: Final = "Opaque"


@dataclass(frozen=True, slots=True)
class SecretMark:
    """What the command notes on a Secret that it writes.

    Attributes:
        entry: the key of its data that holds the token's text.
    """

    credential: str
    token: str
    entry: str


@dataclass(frozen=True, slots=True)
class OwnSecret:
    """A Secret as it is, without its data.

    Attributes:
        type_: its type: `Opaque`, unless somebody else made it.
        mark: what the command noted on it; None on a Secret of anybody else.
    """

    key: ObjectKey
    uid: str
    resource_version: str
    type_: str = _OPAQUE
    immutable: bool = False
    deleting: bool = False
    mark: SecretMark | None = None


@dataclass(frozen=True, slots=True)
class SecretTarget:
    """Where a token's text is to go: a Secret, a key of its data, and the credential of the token."""

    key: ObjectKey
    entry: str
    credential: str


@dataclass(frozen=True, slots=True)
class WriteBlocker:
    """Why a Secret is not overwritten, and what to do about it."""

    why: str
    next_steps: tuple[Step, ...]


Rule = Callable[[OwnSecret, SecretTarget], WriteBlocker | None]


def write_blocker(secret: OwnSecret, target: SecretTarget) -> WriteBlocker | None:
    """Return why the Secret is not overwritten; None if it may be."""
    return next((against for rule in _RULES if (against := rule(secret, target)) is not None), None)


def _foreign(secret: OwnSecret, _: SecretTarget) -> WriteBlocker | None:
    if secret.mark is not None and secret.type_ == _OPAQUE:
        return None
    return _blocked(f'A Secret "{secret.key.name}" already exists, and this command did not write it')


def _of_other_credential(secret: OwnSecret, target: SecretTarget) -> WriteBlocker | None:
    if secret.mark is None or secret.mark.credential == target.credential:
        return None
    return _blocked(
        f"The Secret {secret.key.name} holds a token of {secret.mark.credential}, not of {target.credential}"
    )


def _under_other_key(secret: OwnSecret, target: SecretTarget) -> WriteBlocker | None:
    if secret.mark is None or secret.mark.entry == target.entry:
        return None
    why = f"The Secret {secret.key.name} holds its token under the key {secret.mark.entry}, not {target.entry}"
    return WriteBlocker(why, (NameSecretKey(secret.key, secret.mark.entry),))


def _deleting(secret: OwnSecret, _: SecretTarget) -> WriteBlocker | None:
    return _blocked(f"The Secret {secret.key.name} is being deleted") if secret.deleting else None


def _immutable(secret: OwnSecret, _: SecretTarget) -> WriteBlocker | None:
    return _blocked(f"The Secret {secret.key.name} is immutable") if secret.immutable else None


def _blocked(why: str) -> WriteBlocker:
    return WriteBlocker(f"{why}: it is not overwritten", (NameOtherSecret(),))


_RULES: Final[tuple[Rule, ...]] = (
    _foreign,  # before whatever a mark says
    _of_other_credential,
    _under_other_key,
    _deleting,
    _immutable,
)
