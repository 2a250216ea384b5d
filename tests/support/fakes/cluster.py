"""The API server as one process sees it: the ports Cluster, Secrets and Leases in front of a `FakeStore`.

At every call the process waits for its turn, a fault may strike before or after the effect, and a process that
crashed gets no answer any more.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeVar

from pharia_access.domain.api_values import ForeignSecret, InvalidObject, Kind, LeaseRecord, OneTimeSecret, Page
from pharia_access.domain.deletions import NOT_THERE, Deletion
from pharia_access.domain.model import (
    Credential,
    CredentialStatus,
    ObjectKey,
    OwnerReference,
    Token,
    TokenStatus,
)
from pharia_access.domain.permissions import Role
from pharia_access.domain.token import TokenText
from pharia_access.errors import AlreadyExistsError, ConflictError
from tests.support.fakes.scripted_faults import Call, Crash, Faults, no_faults
from tests.support.fakes.store import FakeStore

__all__ = ["FakeCluster", "at_once"]

T = TypeVar("T")
_LISTED: Final[Mapping[str, Kind]] = {
    "list_roles": "ApiRole",
    "list_credentials": "ApiCredential",
    "list_tokens": "ApiToken",
}
Turn = Callable[[Call], Awaitable[None]]


async def at_once(_call: Call) -> None:
    """Nobody else wants to go first."""


class FakeCluster:
    """One process's connection. `turn` is awaited before and after each effect."""

    def __init__(
        self, store: FakeStore, *, faults: Faults = no_faults, turn: Turn = at_once, page_size: int = 500
    ) -> None:
        self.store = store
        self.faults = faults
        self.turn = turn
        self.page_size = page_size
        self.dead = False

    # --- Cluster

    async def read_token(self, key: ObjectKey) -> Token:
        return await self.call("read_token", key, lambda: self.store.read_token(key))

    async def read_credential(self, key: ObjectKey) -> Credential:
        return await self.call("read_credential", key, lambda: self.store.read_credential(key))

    async def write_token_status(self, token: Token, status: TokenStatus) -> Token:
        return await self.call("write_token_status", token.key, lambda: self.store.write_token_status(token, status))

    async def write_credential_status(self, credential: Credential, status: CredentialStatus) -> Credential:
        def write() -> Credential:
            return self.store.write_credential_status(credential, status)

        return await self.call("write_credential_status", credential.key, write)

    async def write_invalid_status(self, malformed: InvalidObject, *, now: datetime) -> None:
        def write() -> None:
            self.store.told_malformed.append(malformed)

        await self.call("write_invalid_status", malformed.key, write)

    async def set_owners(self, token: Token, owners: tuple[OwnerReference, ...]) -> Token:
        return await self.call("set_owners", token.key, lambda: self.store.set_owners(token, owners))

    async def delete_token(self, key: ObjectKey, uid: str, *, resource_version: str = "") -> Deletion:
        def remove() -> Deletion:
            there = self.store.tokens.get(key)
            if resource_version and (there is None or there.resource_version != resource_version):
                return NOT_THERE
            return self.store.remove_token(key, uid)

        return await self.call("delete_token", key, remove)

    async def token_pages(
        self, *, namespace: str | None = None, credential: ObjectKey | None = None
    ) -> AsyncIterator[Page[Token]]:
        def chosen() -> Iterable[Token]:
            tokens = (token for token in self.store.tokens.values() if namespace in {None, token.key.namespace})
            return (token for token in tokens if _is_under(token, credential))

        async for page in self._pages("list_tokens", namespace or "", chosen):
            yield page

    async def credential_pages(self, *, namespace: str | None = None) -> AsyncIterator[Page[Credential]]:
        def chosen() -> Iterable[Credential]:
            return (item for item in self.store.credentials.values() if namespace in {None, item.key.namespace})

        async for page in self._pages("list_credentials", namespace or "", chosen):
            yield page

    async def role_pages(self) -> AsyncIterator[Page[Role]]:
        async for page in self._pages("list_roles", "", self.store.roles.values):
            yield page

    async def try_lists(self, namespace: str | None) -> None:
        for verb in ("try_credentials", "try_tokens"):
            await self.call(verb, namespace or "", lambda: None)

    async def server_time_offset(self, now: Callable[[], datetime]) -> timedelta:
        return await self.call("read_server_time", "", lambda: self.store.now() - now())

    # --- Secrets

    async def create_one_time_secret(self, token: Token, text: TokenText) -> OneTimeSecret:
        return await self.call("create_one_time_secret", token.key, lambda: self.store.create_secret(token, text))

    async def inspect_secret(self, key: ObjectKey) -> OneTimeSecret | ForeignSecret | None:
        def look() -> OneTimeSecret | ForeignSecret | None:
            return ForeignSecret(key) if key in self.store.foreign_secrets else self.store.secrets.get(key)

        return await self.call("inspect_secret", key, look)

    async def delete_secret(self, key: ObjectKey, uid: str) -> Deletion:
        return await self.call("delete_secret", key, lambda: self.store.withdraw_secret(key, uid))

    async def read_keyring(self) -> tuple[Mapping[str, bytes], str] | None:
        return await self.call("read_keyring", "", lambda: self.store.keyring)

    async def create_keyring(self, data: Mapping[str, bytes]) -> None:
        def create() -> None:
            if self.store.keyring is not None:
                raise AlreadyExistsError
            self.store.keyring = (dict(data), self.store.next_version())

        await self.call("create_keyring", "", create)

    async def replace_keyring(self, data: Mapping[str, bytes], *, resource_version: str) -> None:
        def replace() -> None:
            if self.store.keyring is None or self.store.keyring[1] != resource_version:
                raise ConflictError
            self.store.keyring = (dict(data), self.store.next_version())

        await self.call("replace_keyring", "", replace)

    # --- Leases

    async def read_lease(self) -> LeaseRecord | None:
        return await self.call("read_lease", "", lambda: self.store.lease)

    async def write_lease(self, record: LeaseRecord) -> LeaseRecord:
        return await self.call("write_lease", "", lambda: self.store.write_lease(record))

    async def _pages(self, verb: str, target: str, items: Callable[[], Iterable[T]]) -> AsyncIterator[Page[T]]:
        """All pages show the moment of the first; there is at least one."""
        snapshot = await self.call(verb, target, lambda: (self.store.version, tuple(items())))
        malformed = tuple(item for item in self.store.malformed.values() if item.kind == _LISTED[verb])
        version, listed = snapshot
        yield Page(version, listed[: self.page_size], malformed)
        for start in range(self.page_size, len(listed), self.page_size):
            page = Page(version, listed[start : start + self.page_size])
            yield await self.call(verb, target, lambda page=page: page)  # type: ignore[misc] # mypy loses the default

    async def call(self, verb: str, target: object, effect: Callable[[], T]) -> T:
        call = Call(verb, str(target))
        await self._my_turn(call)
        fault = self.faults(call)
        if fault is not None and fault.before is not None:
            raise self._struck(fault.before)
        answer = effect()
        if fault is not None and fault.after is not None:
            raise self._struck(fault.after)
        await self._my_turn(call)
        return answer

    def _struck(self, error: BaseException) -> BaseException:
        self.dead = self.dead or isinstance(error, Crash)
        return error

    async def _my_turn(self, call: Call) -> None:
        if self.dead:
            raise Crash
        await self.turn(call)
        if self.dead:
            raise Crash


def _is_under(token: Token, credential: ObjectKey | None) -> bool:
    return credential in {None, ObjectKey(token.key.namespace, token.spec.credential_name)}
