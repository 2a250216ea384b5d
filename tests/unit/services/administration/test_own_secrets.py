"""A token's text into a Secret of the person's own: looked at, then written, and never over another's writing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from pharia_access.domain.administration.own_secret import OwnSecret, SecretMark, SecretTarget
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.token import TokenText
from pharia_access.errors import AlreadyExistsError, ConflictError, ForbiddenError
from pharia_access.services.administration.own_secrets import require_writable, write
from pharia_access.services.administration.plans import BlockedError
from tests.support.builders.domain_objects import TEXT

KEY = ObjectKey("finance", "app")
TARGET = SecretTarget(KEY, "token", "invoice-bot")
OURS = OwnSecret(KEY, "uid", "1", mark=SecretMark("invoice-bot", "ci", "token"))


@dataclass(slots=True)
class Secrets:
    """One Secret at most. `changes`: what it becomes between a look and the write, one after the other."""

    secret: OwnSecret | None = None
    text: TokenText | None = None
    readable: bool = True
    changes: list[OwnSecret] = field(default_factory=list)

    async def inspect_own(self, key: ObjectKey) -> OwnSecret | None:
        if not self.readable:
            raise ForbiddenError
        return self.secret

    async def create_own(self, key: ObjectKey, mark: SecretMark, text: TokenText | None) -> None:
        self._pass_time()
        if self.secret is not None:
            raise AlreadyExistsError
        self._write(OwnSecret(key, "uid", "1"), mark, text)

    async def overwrite_own(self, secret: OwnSecret, mark: SecretMark, text: TokenText | None) -> None:
        self._pass_time()
        if self.secret is None or self.secret.resource_version != secret.resource_version:
            raise ConflictError
        self._write(secret, mark, text)

    def _pass_time(self) -> None:
        if self.changes:
            self.secret = self.changes.pop(0)

    def _write(self, secret: OwnSecret, mark: SecretMark, text: TokenText | None) -> None:
        if text is not None:
            self.secret, self.text = replace(secret, mark=mark), text


@pytest.mark.parametrize(("before", "replaced"), [(None, ""), (OURS, "ci")])
async def test_a_new_secret_or_one_of_ours_is_tried_and_then_written(before: OwnSecret | None, replaced: str) -> None:
    secrets = Secrets(before)
    await require_writable(secrets, TARGET)
    tried = secrets.secret, secrets.text

    assert await write(secrets, TARGET, "ci-2", TEXT) == replaced
    assert tried == (before, None)
    assert secrets.text == TEXT
    assert secrets.secret is not None
    assert secrets.secret.mark == SecretMark("invoice-bot", "ci-2", "token")


async def test_one_of_ours_that_changed_meanwhile_is_looked_at_again() -> None:
    secrets = Secrets(OURS, changes=[replace(OURS, resource_version="2", mark=SecretMark("invoice-bot", "x", "token"))])

    assert await write(secrets, TARGET, "ci-2", TEXT) == "x"
    assert secrets.text == TEXT


@pytest.mark.parametrize("before", [None, OURS])
async def test_what_became_somebody_elses_meanwhile_is_left_alone(before: OwnSecret | None) -> None:
    secrets = Secrets(before, changes=[replace(OURS, resource_version="2", mark=None)])

    with pytest.raises(BlockedError, match="this command did not write it"):
        await write(secrets, TARGET, "ci-2", TEXT)

    assert secrets.text is None


async def test_one_that_changes_all_the_time_is_given_up() -> None:
    secrets = Secrets(OURS, changes=[replace(OURS, resource_version=str(number)) for number in range(2, 9)])

    with pytest.raises(ConflictError):
        await write(secrets, TARGET, "ci-2", TEXT)

    assert secrets.text is None


async def test_who_may_not_read_secrets_can_create_one_and_overwrites_none() -> None:
    there, none = Secrets(OURS, readable=False), Secrets(readable=False)

    assert await write(none, TARGET, "ci-2", TEXT) == ""
    with pytest.raises(BlockedError, match='A Secret "app" already exists and is not overwritten'):
        await write(there, TARGET, "ci-2", TEXT)
    assert there.text is None
