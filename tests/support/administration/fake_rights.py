"""Who may do what, without an API server: as it is laid down."""

from __future__ import annotations

from dataclasses import dataclass, field

from pharia_access.domain.administration.powers import OwnRights
from pharia_access.domain.administration.secret_readers import AccessRule, Bindings
from pharia_access.errors import ForbiddenError

__all__ = ["EVERYTHING", "FakeRights"]

EVERYTHING = AccessRule(("*",), ("*",), ("*",))


@dataclass(slots=True)
class FakeRights:
    """Answers `RightsReader`; `own` is None where one may not ask."""

    own: OwnRights | None = field(default_factory=lambda: OwnRights((EVERYTHING,)))
    bindings: Bindings = field(default_factory=Bindings)

    async def read_own_rights(self, namespace: str) -> OwnRights:
        if self.own is None:
            raise ForbiddenError
        return self.own

    async def read_bindings(self, namespace: str) -> Bindings:
        return self.bindings
