"""`kubectl access token …`: the commands; what they do is in `work`."""

import secrets
from datetime import timedelta

import click

from pharia_access.domain.names import derived
from pharia_access.domain.wishes import Lifetime
from pharia_access.entrypoints.kubectl.completion import names_of
from pharia_access.entrypoints.kubectl.desk import at_the_desk
from pharia_access.entrypoints.kubectl.named import NAME
from pharia_access.entrypoints.kubectl.options import Choices, deliberate, listed, named_in, shown, trying
from pharia_access.entrypoints.kubectl.rotation import expire, rotate
from pharia_access.entrypoints.kubectl.spelling import Group
from pharia_access.entrypoints.kubectl.typed import read_text
from pharia_access.entrypoints.kubectl.where import Where, handed_over, waited_for
from pharia_access.entrypoints.kubectl.wishes import LENGTH, LIFETIME

__all__ = ["token"]

_name = click.argument("name", type=NAME, shell_complete=names_of("ApiToken"))
_names = click.argument("names", type=NAME, nargs=-1, metavar="NAME...", shell_complete=names_of("ApiToken"))
_from_stdin = click.option("--stdin", "leaked", is_flag=True, help="Find it by its text, read from standard input.")


@click.group(cls=Group)
def token() -> None:
    """Tokens: each lives under a credential, and its secret is shown once."""


@token.command("list")
@click.argument("credential", type=NAME, default="", shell_complete=names_of("ApiCredential"))
@listed
@click.pass_obj
def list_tokens(choices: Choices, credential: str) -> None:
    """List tokens: all, or those of a credential."""
    from pharia_access.entrypoints.kubectl.work.tokens import list_tokens as work

    at_the_desk(choices, work, credential)


@token.command()
@_name
@shown
@click.pass_obj
def get(choices: Choices, name: str) -> None:
    """Show a token; its secret is not there to be shown."""
    from pharia_access.entrypoints.kubectl.work.tokens import show as work

    at_the_desk(choices, work, name)


@token.command()
@click.argument("credential", type=NAME, shell_complete=names_of("ApiCredential"))
@click.option("--expires", "lifetime", type=LIFETIME, metavar="WHEN", help="90d, 12h, or a day: 2027-01-31 (0:00 UTC).")
@click.option("--name", type=NAME, default="", metavar="NAME", help="Else the credential's with five more letters.")
@click.option("--description", default="", metavar="TEXT", help="What it is for.")
@click.option("--window", type=LENGTH, metavar="LENGTH", help="How long its secret can be collected; else 1h.")
@waited_for
@handed_over
@trying
@click.pass_obj
def create(  # noqa: PLR0913, PLR0917 - a parameter for each option
    choices: Choices,
    credential: str,
    lifetime: Lifetime | None,
    name: str,
    description: str,
    window: timedelta | None,
    patience: timedelta,
    where: Where,
) -> None:
    """Make a token and print its secret, once. Its one-time Secret is then deleted."""
    from pharia_access.entrypoints.kubectl.work.token_issue import Wish
    from pharia_access.entrypoints.kubectl.work.token_issue import create as work

    called = name or derived(credential, secrets.token_hex(3)[:5])
    wish = Wish(called, credential, lifetime, description, window=window, patience=patience)
    at_the_desk(choices, work, wish, where)


@token.command()
@_name
@waited_for
@handed_over
@named_in
@click.pass_obj
def collect(choices: Choices, name: str, patience: timedelta, where: Where) -> None:
    """Print the secret of a token that was not collected yet, once, while its window is open."""
    from pharia_access.entrypoints.kubectl.work.token_issue import collect as work

    at_the_desk(choices, work, name, where, patience)


@token.command()
@_names
@_from_stdin
@deliberate
@click.pass_obj
def revoke(choices: Choices, names: tuple[str, ...], leaked: bool) -> None:  # noqa: FBT001 - Click's
    """Revoke tokens for good; they stay in the list."""
    from pharia_access.entrypoints.kubectl.work.token_changes import revoke as by_name
    from pharia_access.entrypoints.kubectl.work.token_changes import revoke_leaked as by_text

    if bool(names) == leaked:
        msg = "Name the tokens, or give --stdin"
        raise click.UsageError(msg)
    if leaked:
        at_the_desk(choices, by_text, read_text())
    else:
        at_the_desk(choices, by_name, names)


@token.command()
@click.argument("names", type=NAME, nargs=-1, required=True, metavar="NAME...", shell_complete=names_of("ApiToken"))
@deliberate
@click.pass_obj
def delete(choices: Choices, names: tuple[str, ...]) -> None:
    """Delete tokens, and so revoke them for good."""
    from pharia_access.entrypoints.kubectl.work.token_changes import delete as work

    at_the_desk(choices, work, names)


@token.command()
@click.option("--stdin", is_flag=True, required=True, help="Read the token's text from standard input.")
@shown
@click.pass_obj
def whois(choices: Choices, stdin: bool) -> None:  # noqa: FBT001, ARG001 - so that it is never a word of the command line
    """Find whose token a text is."""
    from pharia_access.entrypoints.kubectl.work.token_changes import whois as work

    at_the_desk(choices, work, read_text())


token.add_command(rotate)
token.add_command(expire)
