"""Builds what the console works with: the API server with the rights of the person who started it."""

from dataclasses import replace
from typing import Final

from pharia_access import __version__
from pharia_access.bootstrap.cli import CliSession
from pharia_access.kube.administration.objects import KubeObjects
from pharia_access.kube.administration.personal_secrets import PersonalSecrets
from pharia_access.kube.administration.rights import KubeRights
from pharia_access.kube.administration.summarized_objects import SummarizedObjects
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.progress import SilentProgress

__all__ = ["USER_AGENT", "console_access", "console_contexts"]

USER_AGENT: Final = f"pharia-access-console/{__version__}"
"""By which the API server's audit log tells the console from the command line."""


def console_contexts(session: CliSession, *, timeout_seconds: float) -> tuple[Context, Context]:
    """The context of the console's use cases, and the same one whose writes the API server judges and does not keep."""
    connection = session.connection.named(USER_AGENT)

    def objects(*, dry_run: bool) -> SummarizedObjects:
        return SummarizedObjects(KubeObjects(connection, timeout_seconds=timeout_seconds, dry_run=dry_run))

    deliveries = PersonalSecrets(connection, timeout_seconds=timeout_seconds)
    context = replace(
        session.context, objects=objects(dry_run=False), deliveries=deliveries, progress=SilentProgress(), dry_run=False
    )
    return context, replace(context, objects=objects(dry_run=True), dry_run=True)


def console_access(session: CliSession, *, timeout_seconds: float) -> KubeRights:
    """Who may do what, as far as the person may know."""
    return KubeRights(session.connection.named(USER_AGENT), timeout_seconds=timeout_seconds)
