"""From the options to the API server: every command's work is done in here. Imports the client only when it is run."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import click

from pharia_access.entrypoints.kubectl.options import Choices

if TYPE_CHECKING:
    from pharia_access.bootstrap.person import Desk

__all__ = ["at_the_desk"]

P = ParamSpec("P")


def at_the_desk(
    choices: Choices,
    work: "Callable[Concatenate[Desk, Choices, P], Awaitable[None]]",
    *args: P.args,
    **kwargs: P.kwargs,
) -> None:
    """Connect, do the work, close. Raises AccessError, and Abort for Ctrl-C once the work has cleaned up."""
    from pharia_access.bootstrap.person import open_desk
    from pharia_access.kube.login import Login
    from pharia_access.settings.person import kubeconfig_path

    async def connected() -> None:
        login = Login(choices.kubeconfig or kubeconfig_path(), choices.context, choices.user, choices.groups)
        async with open_desk(
            login,
            namespace=choices.namespace,
            timeout_seconds=choices.timeout,
            dry_run=choices.dry_run,
            options=choices.connection(),
        ) as desk:
            await work(desk, choices, *args, **kwargs)

    try:
        asyncio.run(connected())
    except KeyboardInterrupt:
        raise click.Abort from None
