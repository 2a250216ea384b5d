"""`kubectl access audit`: the command. What it runs is imported when it is."""

from datetime import timedelta

import click

from pharia_access.entrypoints.kubectl.lifetime_params import LENGTH
from pharia_access.entrypoints.kubectl.options import (
    CliOptions,
    all_namespaces_option,
    namespace_options,
    output_option,
)
from pharia_access.entrypoints.kubectl.session import run_in_session
from pharia_access.entrypoints.kubectl.spelling import Command

__all__ = ["audit"]


@click.command(cls=Command)
@click.option(
    "--unused",
    type=LENGTH,
    default="30d",
    show_default=True,
    metavar="LENGTH",
    help="Without use for longer than this.",
)
@click.option("--max-ttl", "longest", type=LENGTH, metavar="LENGTH", help="Tokens that live longer, beside policies.")
@click.option("--fail", is_flag=True, help="Exit with 1 where there is something to look at, or nothing was there.")
@namespace_options
@all_namespaces_option
@output_option("table", "json", "yaml")
@click.pass_obj
def audit(choices: CliOptions, unused: timedelta, longest: timedelta | None, fail: bool) -> None:  # noqa: FBT001 - Click's
    """List what somebody should look at.

    Tokens that are expired, failed, never used, unused, never collected, or live longer than their credential's
    maxTTL allows now; credentials with roles that grant nothing, or without an active token.

    Where there are no credentials and no tokens, it says so: nothing was looked at, which is no all-clear. A namespace
    that does not exist and a list that one may not read are errors, with --fail and without.

    When a token was used last is known to about an hour, and not at all where the verifier's LAST_USED is off.
    """
    from pharia_access.entrypoints.kubectl.show_audit import audit as work

    run_in_session(choices, work, unused=unused, longest=longest, fail=fail)
