"""Who may do what in a namespace: whoever asks, and everybody else as far as one may look."""

from dataclasses import dataclass
from typing import Protocol

from pharia_access.domain.administration.powers import OWN, Allowance, OwnRights, Power, Powerful, allowance, powerful
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration.whois import AccessReader

__all__ = ["RightsReader", "WhoMay", "who_may"]


class RightsReader(AccessReader, Protocol):
    """RBAC and the API server's reviews, with the rights of whoever asks."""

    async def read_own_rights(self, namespace: str) -> OwnRights:
        """Return what the cluster lists of one's own rights there. Raises ForbiddenError."""
        ...


@dataclass(frozen=True, slots=True)
class WhoMay:
    """The answer.

    Attributes:
        own: each power, and whether whoever asks has it.
        incomplete: whether the cluster cannot list all of one's rights, and `why`.
        others: by RBAC's bindings.
    """

    own: tuple[tuple[Power, Allowance], ...]
    incomplete: bool
    why: str
    others: Powerful


async def who_may(access: RightsReader, namespace: str) -> WhoMay:
    """Ask. What may not be looked at is named in the answer, and is no error."""
    rights = await _own(access, namespace)
    own = tuple((power, allowance(power, rights)) for power in OWN)
    return WhoMay(own, rights.incomplete, rights.why, powerful(await access.read_bindings(namespace)))


async def _own(access: RightsReader, namespace: str) -> OwnRights:
    try:
        return await access.read_own_rights(namespace)
    except ForbiddenError:
        return OwnRights(incomplete=True, why="you may not ask for them")
