"""Builds what a person at the command line works with: the API server, seen with their own rights."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.kube.administration.identity import require_identity
from pharia_access.kube.administration.kubectl_proxy import LentLogin
from pharia_access.kube.administration.lent import connect_lent
from pharia_access.kube.administration.objects import KubeObjects
from pharia_access.kube.administration.personal_secrets import PersonalSecrets
from pharia_access.kube.connection import Connection
from pharia_access.kube.gateway import KubeCluster
from pharia_access.kube.secrets import KubeSecrets

__all__ = ["CliSession", "Release", "open_session", "release_of"]

_ANY_WINDOW: Final = timedelta(hours=1)
"""Of tokens that name none; nobody here looks at it."""


@dataclass(frozen=True, slots=True)
class CliSession:
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


@dataclass(frozen=True, slots=True)
class Release:
    """The operator's ways to the API server, with a person's rights."""

    cluster: KubeCluster
    secrets: KubeSecrets


@asynccontextmanager
async def open_session(
    login: LentLogin, *, namespace: str, timeout_seconds: float, dry_run: bool, options: str = ""
) -> AsyncIterator[CliSession]:
    """Connect as that login, once it is certain who that is; closes at the end. Raises LoginError, UnavailableError."""
    async with connect_lent(login, pool_size=4, user_agent="kubectl-access") as connection:
        await require_identity(connection, impersonated=login.impersonated, timeout_seconds=timeout_seconds)
        yield CliSession(
            objects=KubeObjects(connection, timeout_seconds=timeout_seconds, dry_run=dry_run),
            secrets=PersonalSecrets(connection, timeout_seconds=timeout_seconds),
            connection=connection,
            namespace=namespace,
            clock=SystemClock(),
            options=options,
        )


def release_of(session: CliSession, namespace: str, *, timeout_seconds: float) -> Release:
    """The release in that namespace, for what an administrator does of the operator's work."""
    return Release(
        cluster=KubeCluster(session.connection, default_window=_ANY_WINDOW, timeout_seconds=timeout_seconds),
        secrets=KubeSecrets(session.connection, namespace=namespace, timeout_seconds=timeout_seconds),
    )
