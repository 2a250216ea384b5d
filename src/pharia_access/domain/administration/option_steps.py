"""The next steps that are a matter of what somebody gives: another name, another length. Part of `next_steps`."""

from dataclasses import dataclass

from pharia_access.domain.model import ObjectKey

__all__ = [
    "NameFutureEnd",
    "NameOtherCredential",
    "NameOtherSecret",
    "NameReleaseNamespace",
    "NameSecretKey",
    "NameShorterLife",
]


@dataclass(frozen=True, slots=True)
class NameFutureEnd:
    """Name an end that is to come, or a length."""


@dataclass(frozen=True, slots=True)
class NameShorterLife:
    """Name a life that the credential allows."""


@dataclass(frozen=True, slots=True)
class NameOtherCredential:
    """Use another credential."""


@dataclass(frozen=True, slots=True)
class NameOtherSecret:
    """Name another Secret."""


@dataclass(frozen=True, slots=True)
class NameSecretKey:
    """Name this Secret with this key of its data, or another Secret."""

    secret: ObjectKey
    entry: str


@dataclass(frozen=True, slots=True)
class NameReleaseNamespace:
    """Name the namespace in which pharia-access is installed."""
