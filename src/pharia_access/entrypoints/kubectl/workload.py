"""`kubectl access workload …`: the commands. What they run is imported when one is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import click

from pharia_access.domain.administration.delegation import USUAL_OPERATOR
from pharia_access.domain.durations import format_duration
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.kubectl.completion import names_of
from pharia_access.entrypoints.kubectl.lifetime_params import LENGTH
from pharia_access.entrypoints.kubectl.named import NAME, SECRET_KEY, SERVICE_ACCOUNT
from pharia_access.entrypoints.kubectl.options import (
    CliOptions,
    combine,
    creation_options,
    destructive_options,
    list_options,
    object_options,
    write_options,
)
from pharia_access.entrypoints.kubectl.session import run_in_session
from pharia_access.entrypoints.kubectl.spelling import Group

__all__ = ["workload"]

F = TypeVar("F", bound=Callable[..., Any])
Json = dict[str, Any]

_name = click.argument("name", type=NAME, shell_complete=names_of("WorkloadToken"))
_credential = names_of("ApiCredential")


def _wait(default: str) -> Callable[[F], F]:
    return combine(
        click.option(
            "--wait",
            "wait_timeout",
            type=LENGTH,
            default=default,
            metavar="LENGTH",
            help=f"How long to wait for the token to be in the Secret (default: {default}).",
        ),
        click.option("--no-wait", is_flag=True, help="Do not wait for it."),
    )


@click.group(cls=Group)
def workload() -> None:
    """Workload tokens: each is kept in a Secret, and replaced before it ends."""


@workload.command("list")
@list_options
@click.pass_obj
def list_workloads(cli: CliOptions) -> None:
    """List workload tokens with their Secrets and when they renew."""
    from pharia_access.entrypoints.kubectl.show_workloads import list_workloads as work

    run_in_session(cli, work)


@workload.command()
@_name
@object_options
@click.pass_obj
def get(cli: CliOptions, name: str) -> None:
    """Show a workload token with the tokens that it made."""
    from pharia_access.entrypoints.kubectl.show_workloads import show as work

    run_in_session(cli, work, name)


@workload.command()
@click.argument("name", type=NAME)
@click.option(
    "--credential", type=NAME, required=True, metavar="NAME", shell_complete=_credential, help="Its credential."
)
@click.option(
    "--secret",
    type=SECRET_KEY,
    default="",
    metavar="NAME[/KEY]",
    help="The Secret that holds the token (default NAME: the workload token's; default KEY: token).",
)
@click.option("--ttl", type=LENGTH, metavar="LENGTH", help="Lifetime of each token (default: the credential's).")
@click.option(
    "--renew-before",
    type=LENGTH,
    metavar="LENGTH",
    help="How long before a token's end the next one is there (default: a third of its lifetime).",
)
@_wait("1m")
@creation_options
@click.pass_obj
def create(  # noqa: PLR0913, PLR0917 - a parameter for each option
    cli: CliOptions,
    name: str,
    credential: str,
    secret: str,
    ttl: timedelta | None,
    renew_before: timedelta | None,
    wait_timeout: timedelta,
    no_wait: bool,  # noqa: FBT001 - Click's
) -> None:
    """Create a workload token, and wait until its first token is in the Secret.

    The operator makes the tokens, where the namespace lets it: see `workload allow`.
    """
    from pharia_access.entrypoints.kubectl.change_workloads import create as work

    lengths = {"ttl": ttl, "renewBefore": renew_before}
    spec: Json = {"credentialRef": {"name": credential}, **_secret(secret)}
    spec |= {field: format_duration(length) for field, length in lengths.items() if length}
    run_in_session(cli, work, name, spec, None if no_wait else wait_timeout)


@workload.command()
@_name
@_wait("10m")
@write_options
@click.pass_obj
def rotate(cli: CliOptions, name: str, wait_timeout: timedelta, no_wait: bool) -> None:  # noqa: FBT001 - Click's
    """Have a new token made now, and wait until it is in the Secret.

    The token before stays good until its own end: programs have until then to read the Secret again. To end it earlier,
    revoke it once nothing uses it.
    """
    from pharia_access.entrypoints.kubectl.change_workloads import rotate as work

    run_in_session(cli, work, name, None if no_wait else wait_timeout)


@workload.command()
@_name
@destructive_options
@click.pass_obj
def suspend(cli: CliOptions, name: str) -> None:
    """Let no new token be made. Those that are out stay good until their ends."""
    from pharia_access.entrypoints.kubectl.change_workloads import suspend as work

    run_in_session(cli, work, name)


@workload.command()
@_name
@write_options
@click.pass_obj
def resume(cli: CliOptions, name: str) -> None:
    """Let new tokens be made again. One that is due is made at once."""
    from pharia_access.entrypoints.kubectl.change_workloads import resume as work

    run_in_session(cli, work, name)


@workload.command()
@_name
@destructive_options
@click.pass_obj
def delete(cli: CliOptions, name: str) -> None:
    """Delete a workload token, which revokes its tokens and deletes its Secret."""
    from pharia_access.entrypoints.kubectl.change_workloads import delete as work

    run_in_session(cli, work, name)


@workload.command()
@click.argument("name", type=NAME, default="", shell_complete=names_of("WorkloadToken"))
@click.option(
    "--credential",
    type=NAME,
    default="",
    metavar="NAME",
    shell_complete=_credential,
    help="Only under this credential.",
)
@click.option(
    "--operator",
    type=SERVICE_ACCOUNT,
    default="",
    metavar="NAMESPACE/NAME",
    help="The operator's ServiceAccount (default: the one that the workload token's status names, else"
    f" {USUAL_OPERATOR}).",
)
@creation_options
@click.pass_obj
def allow(cli: CliOptions, name: str, credential: str, operator: str) -> None:
    """Let the operator make tokens for workload tokens of a namespace.

    With the NAME of a workload token, or with --credential, only under that credential: a Role and a RoleBinding are
    written. Without either, under every credential of the namespace: a RoleBinding to the ClusterRole
    pharia-access-rotation. For Git: --dry-run -o yaml prints them.
    """
    if name and credential:
        msg = "Give the NAME of a workload token or --credential, not both"
        raise click.UsageError(msg)
    from pharia_access.entrypoints.kubectl.allow_workloads import allow as work

    namespace, _, account = operator.partition("/")
    run_in_session(cli, work, name, credential, ObjectKey(namespace, account) if operator else None)


def _secret(secret: str) -> Json:
    """What was not named is left to its default, in the object too."""
    name, _, key = secret.partition("/")
    named = {field: value for field, value in (("name", name), ("key", key)) if value}
    return {"secret": named} if named else {}
