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
    help="Longest time without use.",
)
@click.option(
    "--max-ttl",
    "longest",
    type=LENGTH,
    metavar="LENGTH",
    help="Longest lifetime of a token, besides the policies of credentials.",
)
@click.option(
    "--fail", is_flag=True, help="Exit with status 1 if something was found, or if there was nothing to look at."
)
@namespace_options
@all_namespaces_option
@output_option("table", "json", "yaml")
@click.pass_obj
def audit(cli: CliOptions, unused: timedelta, longest: timedelta | None, fail: bool) -> None:  # noqa: FBT001 - Click's
    """List tokens, credentials and workload tokens that need attention.

    Tokens that are expired, failed, never used, unused, never collected, or that live longer than their credential's
    maxTTL allows now. Credentials with roles that grant nothing, or without an active token.

    Workload tokens that cannot make the next token or are late, whose replaced token is still used, or that no Git tool
    declares: they mint as long as the namespace lets the operator, and only the audit log tells who made them.

    If there are no credentials and no tokens, the audit says so: nothing was looked at, which is no all-clear. A
    namespace that does not exist and a list that you may not read are errors, with --fail and without.

    The time of last use is known to about an hour, and not at all if the verifier's LAST_USED is off.
    """
    from pharia_access.entrypoints.kubectl.show_audit import audit as work

    run_in_session(cli, work, unused=unused, longest=longest, fail=fail)
