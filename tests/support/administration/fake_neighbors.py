"""Kubernetes' own kinds around ours, without an API server: a person's Secrets, workloads and Events."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pharia_access.domain.administration.own_secret import OwnSecret, SecretMark
from pharia_access.domain.administration.secret_workloads import SecretWorkloads
from pharia_access.errors import AlreadyExistsError, ApiError

if TYPE_CHECKING:
    from pharia_access.domain.administration.object_event import ObjectEvent
    from pharia_access.domain.model import ObjectKey
    from pharia_access.domain.token import TokenText

__all__ = ["FakeNeighbors"]


@dataclass(slots=True)
class FakeNeighbors:
    """Answers `OwnSecrets`, `Workloads` and `Events`.

    Attributes:
        secrets: the person's Secrets, and `texts` what was written into them.
        readers: those of every Secret.
        noted: the Events about each object, by its UID; `unread` is raised instead.
    """

    secrets: dict[ObjectKey, OwnSecret] = field(default_factory=dict)
    texts: dict[ObjectKey, TokenText] = field(default_factory=dict)
    readers: SecretWorkloads = field(default_factory=SecretWorkloads)
    noted: dict[str, list[ObjectEvent]] = field(default_factory=dict)
    unread: ApiError | None = None

    async def inspect_own(self, key: ObjectKey) -> OwnSecret | None:
        return self.secrets.get(key)

    async def create_own(self, key: ObjectKey, mark: SecretMark, text: TokenText | None) -> None:
        if key in self.secrets:
            raise AlreadyExistsError
        self._write(OwnSecret(key, "uid", "1"), mark, text)

    async def overwrite_own(self, secret: OwnSecret, mark: SecretMark, text: TokenText | None) -> None:
        self._write(secret, mark, text)

    async def readers_of(self, secret: ObjectKey) -> SecretWorkloads:
        return self.readers

    async def about(self, key: ObjectKey, uid: str) -> list[ObjectEvent]:
        if self.unread is not None:
            raise self.unread
        return self.noted.get(uid, [])

    def _write(self, secret: OwnSecret, mark: SecretMark, text: TokenText | None) -> None:
        if text is not None:
            self.secrets[secret.key] = replace(secret, mark=mark)
            self.texts[secret.key] = text
