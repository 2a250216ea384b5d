"""`kubectl access token rotate` and `expire`: the commands. What they run is imported when one is."""

from datetime import timedelta

import click

from pharia_access.domain.administration.lifetime_input import Lifetime
from pharia_access.entrypoints.kubectl.completion import names_of
from pharia_access.entrypoints.kubectl.lifetime_params import LENGTH, LIFETIME
from pharia_access.entrypoints.kubectl.named import NAME
from pharia_access.entrypoints.kubectl.options import CliOptions, destructive_options, many_destructive_options
from pharia_access.entrypoints.kubectl.secret_output import SecretOutput, secret_output_options, wait_option
from pharia_access.entrypoints.kubectl.session import run_in_session
from pharia_access.entrypoints.kubectl.spelling import Command

__all__ = ["expire", "rotate"]


@click.command(cls=Command)
@click.argument("name", type=NAME, default="", shell_complete=names_of("ApiToken"))
@click.option(
    "--all-expiring",
    "within",
    type=LENGTH,
    metavar="LENGTH",
    help="Rotate all tokens that expire within this time, for example 7d.",
)
@click.option(
    "--overlap",
    type=LENGTH,
    default="24h",
    show_default=True,
    metavar="LENGTH",
    help="How long the old token stays valid.",
)
@click.option(
    "--expires",
    "lifetime",
    type=LIFETIME,
    metavar="WHEN",
    help="Expiry of the new token (default: the old token's lifetime).",
)
@click.option(
    "--name",
    "new_name",
    type=NAME,
    default="",
    metavar="NAME",
    help="Name of the new token (default: the old name with other letters at its end).",
)
@click.option(
    "--to-dir", "folder", default="", metavar="DIR", help="Folder for a file per new token, with --all-expiring."
)
@wait_option
@secret_output_options
@many_destructive_options
@click.pass_obj
def rotate(  # noqa: PLR0913, PLR0917 - a parameter for each option
    cli: CliOptions,
    name: str,
    within: timedelta | None,
    overlap: timedelta,
    lifetime: Lifetime | None,
    new_name: str,
    folder: str,
    wait_timeout: timedelta,
    secret_output: SecretOutput,
) -> None:
    """Create a token beside an old one, and let the old one end soon.

    The new token has the same credential, description and window. Its secret is printed once, as by `token create`.
    Then the end of the old token is brought forward, unless it expires earlier. An end cannot be postponed again.

    With --all-expiring, a line NAME<TAB>SECRET is printed for each token (with -A, its namespace before it). With
    -o json, an object is printed on a line for each; with --to-dir, a file is written for each. Tokens are skipped
    if they were rotated before, if half of their lifetime is not over, or if somebody brought their end forward.
    """
    from pharia_access.entrypoints.kubectl.rotate_tokens import rotate as one
    from pharia_access.entrypoints.kubectl.rotate_tokens import rotate_expiring as many
    from pharia_access.services.administration.rotation import RotationOptions

    options = RotationOptions(overlap, lifetime, new_name, wait_timeout)
    if within is None:
        _require(bool(name), "Name the token, or give --all-expiring 7d")
        _require(not folder and not cli.all_namespaces, "--to-dir and -A are for --all-expiring")
        run_in_session(cli, one, name, options, secret_output)
    else:
        _require(not name and not new_name, "--all-expiring takes no names: the tokens are found by their end")
        single = secret_output.clipboard or secret_output.file or secret_output.secret or secret_output.output == "env"
        _require(not single, "With --all-expiring use --to-dir, -o json or neither: there may be many secrets")
        run_in_session(cli, many, within, options, SecretOutput(output=secret_output.output, folder=folder))


@click.command(cls=Command)
@click.argument("names", type=NAME, nargs=-1, required=True, metavar="NAME...", shell_complete=names_of("ApiToken"))
@click.option(
    "--in",
    "left",
    type=LENGTH,
    required=True,
    metavar="LENGTH",
    help="How long the tokens stay valid, for example 24h.",
)
@destructive_options
@click.pass_obj
def expire(cli: CliOptions, names: tuple[str, ...], left: timedelta) -> None:
    """Bring the end of tokens forward. It cannot be postponed again."""
    from pharia_access.entrypoints.kubectl.change_tokens import expire as work

    run_in_session(cli, work, names, left)


def _require(holds: bool, message: str) -> None:  # noqa: FBT001 - a condition and its sentence
    if not holds:
        raise click.UsageError(message)
