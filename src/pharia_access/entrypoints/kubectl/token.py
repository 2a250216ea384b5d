"""`kubectl access token …`: the commands. What they run is imported when one is."""

import secrets
from datetime import timedelta

import click

from pharia_access.domain.administration.lifetime_input import Lifetime
from pharia_access.domain.administration.names import derived
from pharia_access.domain.reasons import Phase
from pharia_access.entrypoints.kubectl.completion import names_of
from pharia_access.entrypoints.kubectl.lifetime_params import LENGTH, LIFETIME
from pharia_access.entrypoints.kubectl.named import NAME, REASON, TOKEN_ID
from pharia_access.entrypoints.kubectl.options import (
    CliOptions,
    destructive_options,
    dry_run_options,
    list_options,
    namespace_options,
    object_options,
)
from pharia_access.entrypoints.kubectl.pruning import prune
from pharia_access.entrypoints.kubectl.rotation import expire, rotate
from pharia_access.entrypoints.kubectl.secret_output import SecretOutput, secret_output_options, wait_option
from pharia_access.entrypoints.kubectl.session import run_in_session
from pharia_access.entrypoints.kubectl.spelling import Group
from pharia_access.entrypoints.kubectl.stdin import read_mentions, require_stdin, stdin_option

__all__ = ["token"]

_name = click.argument("name", type=NAME, shell_complete=names_of("ApiToken"))
_names = click.argument("names", type=NAME, nargs=-1, metavar="NAME...", shell_complete=names_of("ApiToken"))
_from_stdin = click.option(
    "--stdin", "leaked", is_flag=True, help="Revoke the token that a text on standard input holds."
)


@click.group(cls=Group)
def token() -> None:
    """Tokens: each belongs to a credential, and its secret is shown once."""


@token.command("list")
@click.argument("credential", type=NAME, default="", shell_complete=names_of("ApiCredential"))
@click.option(
    "--phase",
    type=click.Choice(list(Phase), case_sensitive=False),
    default=None,
    help="Only tokens in this phase.",
)
@list_options
@click.pass_obj
def list_tokens(cli: CliOptions, credential: str, phase: Phase | None) -> None:
    """List all tokens, or those of one credential."""
    from pharia_access.entrypoints.kubectl.show_tokens import list_tokens as work

    run_in_session(cli, work, credential, phase)


@token.command()
@_name
@object_options
@click.pass_obj
def get(cli: CliOptions, name: str) -> None:
    """Show a token, without its secret."""
    from pharia_access.entrypoints.kubectl.show_tokens import show as work

    run_in_session(cli, work, name)


@token.command()
@click.argument("credential", type=NAME, shell_complete=names_of("ApiCredential"))
@click.option(
    "--expires",
    "lifetime",
    type=LIFETIME,
    metavar="WHEN",
    help="Lifetime or end: 90d, 12h, or 2027-01-31 for 0:00 UTC (default: the credential's).",
)
@click.option(
    "--name",
    type=NAME,
    default="",
    metavar="NAME",
    help="Name (default: the credential's name, a dash and five letters or digits).",
)
@click.option("--description", default="", metavar="TEXT", help="Purpose of the token.")
@click.option("--window", type=LENGTH, metavar="LENGTH", help="How long the secret can be collected (default: 1h).")
@wait_option
@secret_output_options
@dry_run_options
@click.pass_obj
def create(  # noqa: PLR0913, PLR0917 - a parameter for each option
    cli: CliOptions,
    credential: str,
    lifetime: Lifetime | None,
    name: str,
    description: str,
    window: timedelta | None,
    wait_timeout: timedelta,
    secret_output: SecretOutput,
) -> None:
    """Create a token and print its secret once. Its one-time Secret is then deleted."""
    from pharia_access.entrypoints.kubectl.issue_tokens import create as work
    from pharia_access.services.administration.issuing import TokenRequest

    called = name or derived(credential, secrets.token_hex(3)[:5])
    request = TokenRequest(credential, called, lifetime, description, window=window, wait_timeout=wait_timeout)
    run_in_session(cli, work, request, secret_output)


@token.command()
@_name
@wait_option
@secret_output_options
@namespace_options
@click.pass_obj
def collect(cli: CliOptions, name: str, wait_timeout: timedelta, secret_output: SecretOutput) -> None:
    """Print the secret of a token once, if nobody collected it and its window is open."""
    from pharia_access.entrypoints.kubectl.issue_tokens import collect as work

    run_in_session(cli, work, name, secret_output, wait_timeout)


@token.command()
@_names
@_from_stdin
@click.option("--reason", type=REASON, default="", metavar="TEXT", help="Why, in one line that everybody may read.")
@destructive_options
@click.pass_obj
def revoke(cli: CliOptions, names: tuple[str, ...], leaked: bool, reason: str) -> None:  # noqa: FBT001 - Click's
    """Revoke tokens permanently. They stay in the list."""
    from pharia_access.entrypoints.kubectl.change_tokens import revoke as by_name
    from pharia_access.entrypoints.kubectl.change_tokens import revoke_leaked as by_text

    if bool(names) == leaked:
        msg = "Name the tokens, or give --stdin"
        raise click.UsageError(msg)
    if leaked:
        run_in_session(cli, by_text, read_mentions(), reason)
    else:
        run_in_session(cli, by_name, names, reason)


@token.command()
@click.argument("names", type=NAME, nargs=-1, required=True, metavar="NAME...", shell_complete=names_of("ApiToken"))
@destructive_options
@click.pass_obj
def delete(cli: CliOptions, names: tuple[str, ...]) -> None:
    """Delete tokens, which also revokes them permanently."""
    from pharia_access.entrypoints.kubectl.change_tokens import delete as work

    run_in_session(cli, work, names)


@token.command()
@click.argument("token_id", type=TOKEN_ID, default="", metavar="[ID]")
@stdin_option(help="Read a text that holds the token or its ID from standard input. At a terminal the command asks.")
@object_options
@click.pass_obj
def whois(cli: CliOptions, token_id: str, stdin: bool) -> None:  # noqa: FBT001 - Click's
    """Find a token by its ID, or by any text that holds the token: a log line, a line of a file, a part of it.

    Shows what the token can do, its life, and who may read its one-time Secret. The text is shown nowhere.
    """
    from pharia_access.entrypoints.kubectl.show_dossier import whois as work

    if token_id and stdin:
        msg = "Give the token's ID or --stdin, not both"
        raise click.UsageError(msg)
    if not token_id:
        require_stdin(given=stdin)
    run_in_session(cli, work, (token_id,) if token_id else read_mentions())


token.add_command(rotate)
token.add_command(prune)
token.add_command(expire)
