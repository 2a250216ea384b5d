"""`kubectl access whoami`: the command. What it runs is imported when it is."""

import click

from pharia_access.entrypoints.kubectl.options import CliOptions, output_option, request_options
from pharia_access.entrypoints.kubectl.spelling import Command
from pharia_access.entrypoints.kubectl.stdin import read_text, require_stdin, stdin_option
from pharia_access.settings.cli import verifier_url

__all__ = ["whoami"]


@click.command(cls=Command)
@stdin_option("--token-stdin", help="Read the token from standard input. At a terminal the command asks for it.")
@click.option(
    "--verifier",
    "url",
    default="",
    metavar="URL",
    help="URL of the verifier, for example https://access.example.com (default: $VERIFIER_URL).",
)
@click.option(
    "--ca-file", default="", metavar="FILE", help="CA certificates for the verifier, in PEM (default: the system's)."
)
@click.option("--insecure-skip-tls-verify", "insecure", is_flag=True, help="Accept any certificate.")
@output_option("table", "json", "yaml")
@request_options
@click.pass_obj
def whoami(cli: CliOptions, stdin: bool, url: str, ca_file: str, insecure: bool) -> None:  # noqa: FBT001 - Click's
    """Ask a verifier for the credential and permissions of a token. A terminal does not show the token you type.

    This is no use of the token: the verifier notes it as an inspection, in status.lastInspectedTime and its log.

    Inside the cluster, the URL is http://pharia-access-verifier.pharia-access-system. From outside, run first:

    \b
    kubectl port-forward --namespace pharia-access-system \\
      service/pharia-access-verifier 8000:80
    """  # noqa: D301 - Click's mark of what is not wrapped is a control character
    from pharia_access.entrypoints.kubectl.ask_verifier import Verifier, print_verdict
    from pharia_access.entrypoints.kubectl.interrupts import run_until_interrupted

    require_stdin(given=stdin)
    address = url or verifier_url()
    if not address:
        msg = "Name the verifier with --verifier URL, or set VERIFIER_URL"
        raise click.UsageError(msg)
    text = read_text()
    verifier = Verifier(address, ca_file=ca_file, insecure=insecure, timeout=cli.timeout)
    run_until_interrupted(print_verdict(cli, text, verifier))
