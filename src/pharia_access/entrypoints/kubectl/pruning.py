"""`kubectl access token prune`: the command. What it runs is imported when it is."""

from datetime import timedelta

import click

from pharia_access.entrypoints.kubectl.lifetime_params import LENGTH
from pharia_access.entrypoints.kubectl.options import CliOptions, many_deletions_options
from pharia_access.entrypoints.kubectl.session import run_in_session
from pharia_access.entrypoints.kubectl.spelling import Command

__all__ = ["prune"]


@click.command(cls=Command)
@click.option(
    "--ended-before",
    "age",
    type=LENGTH,
    required=True,
    metavar="LENGTH",
    help="Delete tokens that ended longer ago than this, for example 30d.",
)
@many_deletions_options
@click.pass_obj
def prune(cli: CliOptions, age: timedelta) -> None:
    """Delete tokens that expired, were revoked or failed long ago.

    A token that can be used is never deleted, nor one that would be created again: declared in Git, part of a Helm
    release, or owned by another controller. The tokens are listed first.
    """
    from pharia_access.entrypoints.kubectl.prune_tokens import prune as work

    run_in_session(cli, work, age)
