"""Builds what a person at the command line works with: the API server, seen with their own rights."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.kube.administration.identity import require_identity
from pharia_access.kube.administration.kubectl_proxy import LentLogin
from pharia_access.kube.administration.lent import connect_lent
from pharia_access.kube.administration.objects import KubeObjects
from pharia_access.kube.administration.personal_secrets import PersonalSecrets
from pharia_access.kube.administration.summarized_objects import SummarizedObjects
from pharia_access.kube.connection import Connection
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.progress import Progress

if TYPE_CHECKING:
    from pharia_access.kube.administration.bindings import KubeBindings
    from pharia_access.kube.administration.delegations import KubeDelegations
    from pharia_access.kube.administration.workloads import KubeWorkloads
    from pharia_access.kube.gateway import KubeCluster
    from pharia_access.kube.secrets import KubeSecrets
    from pharia_access.services.administration.delegating import Delegations
    from pharia_access.services.administration.whois import AccessReader

__all__ = ["CliSession", "Release", "open_session", "random_letters", "release_of"]

_MOST_WATCHES: Final = 256
_ANY_WINDOW: Final = timedelta(hours=1)
"""Of tokens that name none; nobody here looks at it."""


@dataclass(frozen=True, slots=True)
class CliSession:
    """What a command works with.

    Attributes:
        context: for the use cases.
        workloads: those that read a Secret. Few commands ask, so that it is built when one does.
        watches: another connection, for what stays open.
        access: RBAC, as far as the person may read it; the same.
        delegations: RBAC's objects that let the operator mint; the same.
        options: those of the command line that say which cluster and who; for commands that are named to a person.
        user: who the API server sees; empty where it does not tell.
    """

    context: Context
    secrets: PersonalSecrets
    workloads: "Callable[[], KubeWorkloads]"
    connection: Connection
    watches: Connection
    access: "Callable[[], AccessReader]"
    delegations: "Callable[[], Delegations]"
    options: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """The operator's ways to the API server, with a person's rights."""

    cluster: "KubeCluster"
    secrets: "KubeSecrets"


@asynccontextmanager
async def open_session(  # noqa: PLR0913 - a keyword for each choice
    login: LentLogin, *, namespace: str, timeout_seconds: float, dry_run: bool, options: str, progress: Progress
) -> AsyncIterator[CliSession]:
    """Connect as that login, once it is certain who that is; closes at the end. Raises LoginError, UnavailableError."""
    async with (
        connect_lent(login, pool_size=4, user_agent="kubectl-access") as connection,
        connect_lent(login, pool_size=_MOST_WATCHES, user_agent="kubectl-access") as watches,
    ):
        user = await require_identity(connection, impersonated=login.impersonated, timeout_seconds=timeout_seconds)
        objects = KubeObjects(connection, timeout_seconds=timeout_seconds, dry_run=dry_run)
        personal = PersonalSecrets(connection, timeout_seconds=timeout_seconds)
        context = Context(
            objects=SummarizedObjects(objects),
            deliveries=personal,
            clock=SystemClock(),
            namespace=namespace,
            letters=random_letters,
            progress=progress,
            dry_run=dry_run,
        )
        workloads = partial(_workloads, connection, timeout_seconds)
        access = partial(_bindings, connection, timeout_seconds)
        delegations = partial(_delegations, connection, timeout_seconds, dry_run=dry_run)
        yield CliSession(context, personal, workloads, connection, watches, access, delegations, options, user)


def _workloads(connection: Connection, timeout_seconds: float) -> "KubeWorkloads":
    from pharia_access.kube.administration.workloads import KubeWorkloads

    return KubeWorkloads(connection, timeout_seconds=timeout_seconds)


def _bindings(connection: Connection, timeout_seconds: float) -> "KubeBindings":
    from pharia_access.kube.administration.bindings import KubeBindings

    return KubeBindings(connection, timeout_seconds=timeout_seconds)


def _delegations(connection: Connection, timeout_seconds: float, *, dry_run: bool) -> "KubeDelegations":
    from pharia_access.kube.administration.delegations import KubeDelegations

    return KubeDelegations(connection, timeout_seconds=timeout_seconds, dry_run=dry_run)


def random_letters() -> str:
    """Five letters for the end of a new name."""
    return secrets.token_hex(3)[:5]


def release_of(session: CliSession, namespace: str, *, timeout_seconds: float) -> Release:
    """The release in that namespace, for what an administrator does of the operator's work."""
    from pharia_access.kube.gateway import KubeCluster
    from pharia_access.kube.secrets import KubeSecrets

    return Release(
        cluster=KubeCluster(session.connection, default_window=_ANY_WINDOW, timeout_seconds=timeout_seconds),
        secrets=KubeSecrets(session.connection, namespace=namespace, timeout_seconds=timeout_seconds),
    )
