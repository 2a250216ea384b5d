"""Builds what the console works with: the API server with the rights of the person who started it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from pharia_access import __version__
from pharia_access.bootstrap.cli import CliSession
from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.kube.administration.following import FollowingTime, KubeFollower
from pharia_access.kube.administration.object_events import KubeEvents
from pharia_access.kube.administration.objects import KubeObjects
from pharia_access.kube.administration.personal_secrets import PersonalSecrets
from pharia_access.kube.administration.rights import KubeRights
from pharia_access.kube.administration.streamed_objects import StreamedObjects
from pharia_access.kube.administration.summarized_objects import SummarizedObjects
from pharia_access.kube.administration.workloads import KubeWorkloads
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.live import LiveViews
from pharia_access.services.administration.live_kinds import POLL_SECONDS
from pharia_access.services.administration.progress import SilentProgress

__all__ = ["USER_AGENT", "ConsolePorts", "console_ports", "console_views"]

USER_AGENT: Final = f"pharia-access-console/{__version__}"
"""By which the API server's audit log tells the console from the command line."""
_LIVE_AGENT: Final = f"{USER_AGENT} live"
"""The same, for what open pages ask by themselves."""


@dataclass(frozen=True, slots=True)
class ConsolePorts:
    """The API server, as the console's screens see it.

    Attributes:
        context: of the use cases.
        rehearsal: the same one, whose writes the API server judges and does not keep.
    """

    context: Context
    rehearsal: Context
    own_secrets: PersonalSecrets
    workloads: KubeWorkloads
    events: KubeEvents
    rights: KubeRights


def console_ports(session: CliSession, *, timeout_seconds: float) -> ConsolePorts:
    """Build them, with the session's login."""
    connection = session.connection.named(USER_AGENT)

    def objects(*, dry_run: bool) -> SummarizedObjects:
        json = KubeObjects(connection, timeout_seconds=timeout_seconds, dry_run=dry_run)
        return StreamedObjects(json, connection)

    deliveries = PersonalSecrets(connection, timeout_seconds=timeout_seconds)
    context = replace(
        session.context, objects=objects(dry_run=False), deliveries=deliveries, progress=SilentProgress(), dry_run=False
    )
    return ConsolePorts(
        context=context,
        rehearsal=replace(context, objects=objects(dry_run=True), dry_run=True),
        own_secrets=deliveries,
        workloads=KubeWorkloads(connection, timeout_seconds=timeout_seconds),
        events=KubeEvents(connection, timeout_seconds=timeout_seconds),
        rights=KubeRights(connection, timeout_seconds=timeout_seconds),
    )


def console_views(session: CliSession) -> Callable[[], LiveViews]:
    """What makes the live views of one signed-in browser."""
    # What a watch meets is told on the pages: the terminal shows the console's link.
    logging.getLogger("pharia_access").addHandler(logging.NullHandler())
    clock = SystemClock()
    time = FollowingTime(clock.now, clock.boottime, clock.sleep, POLL_SECONDS)
    return partial(LiveViews, KubeFollower(session.watches.named(_LIVE_AGENT), time), clock)
