"""`kubectl access whoami`: the command. What it runs is imported when it is."""

import asyncio

import click

from pharia_access.entrypoints.kubectl.options import CliOptions, output_option, request_options
from pharia_access.entrypoints.kubectl.spelling import Command
from pharia_access.entrypoints.kubectl.stdin import read_text

__all__ = ["whoami"]


@click.command(cls=Command)
@click.option("--token-stdin", is_flag=True, required=True, help="Read the token from standard input.")
@click.option(
    "--verifier",
    "url",
    required=True,
    metavar="URL",
    help="URL of the verifier, for example https://access.example.com.",
)
@click.option(
    "--ca-file", default="", metavar="FILE", help="CA certificates for the verifier, in PEM (default: the system's)."
)
@click.option("--insecure-skip-tls-verify", "insecure", is_flag=True, help="Accept any certificate.")
@output_option("table", "json", "yaml")
@request_options
@click.pass_obj
def whoami(cli: CliOptions, token_stdin: bool, url: str, ca_file: str, insecure: bool) -> None:  # noqa: FBT001, ARG001 - Click's
    """Ask a verifier for the credential and permissions of a token. A terminal does not show the token you type.

    Inside the cluster, the URL is http://pharia-access-verifier.pharia-access-system. From outside, run first:
    kubectl port-forward --namespace pharia-access-system service/pharia-access-verifier 8000:80
    """
    from pharia_access.entrypoints.kubectl.ask_verifier import Verifier, tell

    text = read_text()
    asyncio.run(tell(cli, text, Verifier(url, ca_file=ca_file, insecure=insecure, timeout=cli.timeout)))
