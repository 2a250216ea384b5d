"""Builds what a person at the command line works with: the API server, seen with their own rights."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.kube.client import Connection, connect
from pharia_access.kube.login import Login, namespace_of
from pharia_access.kube.objects import KubeObjects
from pharia_access.kube.personal_secrets import PersonalSecrets

__all__ = ["Desk", "open_desk"]


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies in front of a person.

    Attributes:
        namespace: the one that counts where none is named.
        options: those of the command line that say which cluster and who; for commands that are named to a person.
    """

    objects: KubeObjects
    secrets: PersonalSecrets
    connection: Connection
    namespace: str
    clock: SystemClock
    options: str = ""

    @property
    def here(self) -> str:
        """What a command needs beside its words to be about this place."""
        return f"-n {self.namespace}{self.options}"


@asynccontextmanager
async def open_desk(
    login: Login, *, namespace: str | None, timeout_seconds: float, dry_run: bool, options: str = ""
) -> AsyncIterator[Desk]:
    """Connect as that login; closes at the end. Raises SettingsError."""
    habit = "default" if login.kubeconfig is None else namespace_of(login)  # asked anyway: it knows the contexts
    async with connect(login, pool_size=4, user_agent="kubectl-access") as connection:
        yield Desk(
            objects=KubeObjects(connection, timeout_seconds=timeout_seconds, dry_run=dry_run),
            secrets=PersonalSecrets(connection, timeout_seconds=timeout_seconds),
            connection=connection,
            namespace=namespace or habit,
            clock=SystemClock(),
            options=options,
        )
