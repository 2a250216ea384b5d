"""The keyring, with an administrator's rights: by key IDs, never a value."""

from pharia_access.domain.administration.key_usage import KeyUsage, key_usages
from pharia_access.domain.administration.next_steps import NameReleaseNamespace
from pharia_access.domain.keyring import Keyring
from pharia_access.services import keyring_store
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.plans import BlockedError, Plan
from pharia_access.services.administration.queries import tokens_in
from pharia_access.services.keyring_store import KeyringRotation
from pharia_access.services.ports import Cluster, Entropy, Secrets

__all__ = ["key_usage", "plan_rotation", "rotate"]


async def key_usage(context: Context, secrets: Secrets, *, home: str) -> list[KeyUsage]:
    """The keys of the release in that namespace, and how many active tokens use each. Raises BlockedError."""
    held = await secrets.read_keyring()
    if held is None:
        msg = f"There is no keyring in namespace {home}"
        raise BlockedError(msg, NameReleaseNamespace())
    return key_usages(Keyring.parse(held[0]), await tokens_in(context, None))


def plan_rotation(home: str) -> Plan:
    """Plan a new current key."""
    told = f"The keyring in namespace {home} gets a new current key. Keys that no active token uses are dropped."
    return Plan(consequences=(f"{told} No token stops working.",), question="Rotate it?")


async def rotate(context: Context, *, secrets: Secrets, cluster: Cluster, entropy: Entropy) -> KeyringRotation:
    """Make a new current key, and drop those that no active token uses."""
    return await keyring_store.rotate(secrets=secrets, cluster=cluster, entropy=entropy, clock=context.clock)
