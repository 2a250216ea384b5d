"""The keyring: created at the first start, read with every full list, rotated on command. Never logs its values.

Losing it loses no token: Argon2id proves a token where no key does. A keyring that cannot be read costs the fast check
of the tokens minted meanwhile, nothing else.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass

from pharia_access.domain.keyring import Keyring
from pharia_access.domain.model import Phase
from pharia_access.errors import AlreadyExistsError, ApiError, KeyringError, NotFoundError, label_of
from pharia_access.services.ports import Clock, Cluster, Entropy, Secrets

__all__ = ["KeyringRotation", "KeyringStore", "rotate"]

log = logging.getLogger(__name__)


class KeyringStore:
    """The keyring as last read."""

    def __init__(self, *, secrets: Secrets, entropy: Entropy, clock: Clock) -> None:
        self._secrets = secrets
        self._entropy = entropy
        self._clock = clock
        self._keyring: Keyring | None = None
        self._failure: tuple[str, dict[str, str]] | None = None

    def current(self) -> Keyring | None:
        """Return the keyring; None until it could be read."""
        return self._keyring

    @property
    def is_read(self) -> bool:
        """Return whether the last read succeeded; true before the first."""
        return self._failure is None

    async def refresh(self) -> None:
        """Read the keyring, or create it. Never raises: problems are logged, and the last keyring stays in use."""
        before = self._keyring
        try:
            self._keyring = await self._read_or_create()
        except KeyringError as error:
            what = "the last one stays" if before is not None else "new tokens get no fast check"
            self._failed(f"the keyring cannot be used; {what}", {"problem": str(error)})
        except ApiError as error:
            self._failed("the keyring could not be read", {"error": label_of(type(error))})
        else:
            self._failure = None
            _tell_replaced(before, self._keyring)

    async def mend(self) -> None:
        """Read the keyring again if the last attempt failed. Never raises."""
        if not self.is_read:
            await self.refresh()

    def _failed(self, text: str, details: dict[str, str]) -> None:
        """Log a failure once, until another failure."""
        if self._failure != (text, details):
            log.warning(text, extra=details)
        self._failure = (text, details)

    async def _read_or_create(self) -> Keyring:
        held = await self._secrets.read_keyring()
        if held is not None:
            return Keyring.parse(held[0])
        fresh = Keyring.fresh(self._entropy, self._clock.now())
        try:
            await self._secrets.create_keyring(fresh.to_data())
        except AlreadyExistsError:
            return await self._read_or_create()
        log.info("made a keyring", extra={"keyID": fresh.current.key_id})
        return fresh


@dataclass(frozen=True, slots=True)
class KeyringRotation:
    """The result of a rotation, as key IDs."""

    current: str
    kept: tuple[str, ...]
    dropped: tuple[str, ...]


async def rotate(
    *, secrets: Secrets, cluster: Cluster, entropy: Entropy, clock: Clock, namespaces: tuple[str, ...] = ()
) -> KeyringRotation:
    """Add a new current key; drop the keys that no live token uses, except the last current one.

    Operators go on with the last current key until their next full list, so it stays one rotation longer.
    `namespaces`: where there are tokens; none stands for everywhere. Where one cannot be listed, all keys stay.
    Raises NotFoundError if there is no keyring, ConflictError if it changed meanwhile, KeyringError.
    """
    held = await secrets.read_keyring()
    if held is None:
        message = "there is no keyring yet: the operator makes it at its first start"
        raise NotFoundError(message)
    data, resource_version = held
    old = Keyring.parse(data)
    in_use = await _keys_in_use(cluster, namespaces, known=frozenset(old.keys))
    new = old.rotated(entropy, clock.now()).pruned({*in_use, old.current.key_id})
    await secrets.replace_keyring(new.to_data(), resource_version=resource_version)
    kept = tuple(sorted(set(new.keys) - {new.current.key_id}))
    return KeyringRotation(current=new.current.key_id, kept=kept, dropped=tuple(sorted(set(old.keys) - set(new.keys))))


def _tell_replaced(before: Keyring | None, now: Keyring) -> None:
    replaced = [] if before is None else now.replaced(before)
    if replaced:
        what = "the keyring has other keys under the same IDs; Argon2id proves the tokens of those before"
        log.warning(what, extra={"keys": replaced})


async def _keys_in_use(cluster: Cluster, namespaces: tuple[str, ...], *, known: Collection[str]) -> Collection[str]:
    used: set[str] = set()
    for namespace in namespaces or (None,):
        try:
            used |= await _keys_of(cluster, namespace)
        except ApiError as error:
            if namespace is None:
                raise
            what = {"namespace": namespace, "error": label_of(type(error))}
            log.warning("a namespace could not be listed: no key is dropped", extra=what)
            return known
    return used


async def _keys_of(cluster: Cluster, namespace: str | None) -> set[str]:
    used: set[str] = set()
    async for page in cluster.token_pages(namespace=namespace):
        live = (token.status.mac for token in page.items if token.status.phase is Phase.ACTIVE)
        used.update(mac.key_id for mac in live if mac is not None)
    return used
