"""A cluster, the keys of one operator, and the command that rotates them."""

from dataclasses import replace

from pharia_access.domain.keyring import Keyring
from pharia_access.domain.model import Mac, ObjectKey, Token
from pharia_access.domain.reasons import Phase
from pharia_access.services.keyring_store import KeyringRotation, KeyringStore, rotate
from tests.support.builders.domain_objects import NOW, a_minted_token, a_token
from tests.support.fakes.cluster import FakeCluster
from tests.support.fakes.ports import seeded_entropy
from tests.support.fakes.scripted_faults import Fault, Script
from tests.support.fakes.store import FakeStore
from tests.support.fakes.virtual_time import FakeClock

__all__ = ["THEIRS", "KeyringHarness"]

THEIRS = Keyring.fresh(seeded_entropy(99), NOW)


class KeyringHarness:
    """A cluster, the keys of one operator, and the rotation command."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.entropy = seeded_entropy()
        self.script = Script()
        self.store = FakeStore(self.clock.now)
        self.cluster = FakeCluster(self.store, faults=self.script, page_size=2)
        self.keys = KeyringStore(secrets=self.cluster, entropy=self.entropy, clock=self.clock)

    def put(self, keyring: Keyring) -> None:
        self.store.keyring = (keyring.to_data(), self.store.next_version())

    def stored(self) -> Keyring | None:
        return None if self.store.keyring is None else Keyring.parse(self.store.keyring[0])

    def use(self, key_id: str | None, *, name: str, phase: Phase = Phase.ACTIVE) -> None:
        """Have a token that was minted under this key."""
        token: Token = a_minted_token(a_token(ObjectKey("finance", name)))
        mac = None if key_id is None else Mac(key_id, "0" * 64)
        self.store.tokens[token.key] = replace(token, status=replace(token.status, mac=mac, phase=phase))

    def fail(self, verb: str, *errors: Exception) -> None:
        self.script.by_verb += [(verb, Fault(before=error)) for error in errors]

    async def rotate(self, *namespaces: str) -> KeyringRotation:
        return await rotate(
            secrets=self.cluster,
            cluster=self.cluster,
            entropy=self.entropy,
            clock=self.clock,
            namespaces=namespaces,
        )
