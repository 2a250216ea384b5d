"""The command `pharia-access keyring rotate`."""

import asyncio
import secrets
import sys

from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.bootstrap.operator import cluster_of, secrets_of
from pharia_access.kube.client import connect
from pharia_access.services.keyring_store import KeyringRotation, rotate
from pharia_access.settings.operator import OperatorSettings

__all__ = ["rotate_keyring"]


def rotate_keyring() -> int:
    """Rotate, and say what became of which key; no value is ever shown. Raises AccessError."""
    rotation = asyncio.run(_rotate(OperatorSettings.from_environment()))
    sys.stdout.write(f"current key: {rotation.current}\n")
    for title, keys in (("kept", rotation.kept), ("dropped", rotation.dropped)):
        sys.stdout.write(f"{title}: {', '.join(keys) or 'none'}\n")
    sys.stdout.write("The operator uses the new key from its next full list on.\n")
    return 0


async def _rotate(settings: OperatorSettings) -> KeyringRotation:
    async with connect(settings.kubeconfig or None, pool_size=4) as connection:
        return await rotate(
            secrets=secrets_of(connection, settings),
            cluster=cluster_of(connection, settings),
            entropy=secrets.token_bytes,
            clock=SystemClock(),
            namespaces=settings.watch_namespaces,
        )
