"""The command `pharia-access`: which process to be."""

import argparse
import sys

from pharia_access import __version__
from pharia_access.errors import AccessError

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run a process or a command; the exit status. What went wrong is a sentence on standard error."""
    chosen = _parser().parse_args(arguments)
    try:
        match chosen.command:
            case "operator":
                from pharia_access.entrypoints.operator.process import run_operator  # noqa: PLC0415 - only what is run is loaded

                return run_operator()
            case "verifier":
                from pharia_access.entrypoints.verifier.process import run_verifier  # noqa: PLC0415 - the same

                return run_verifier()
            case _:
                from pharia_access.entrypoints.keyring import rotate_keyring  # noqa: PLC0415 - the same

                return rotate_keyring()
    except AccessError as error:
        sys.stderr.write(f"pharia-access: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pharia-access",
        description="API credentials and tokens on Kubernetes. Settings come from the environment (PHARIA_ACCESS_…).",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("operator", help="run the operator: mint, deliver, expire and revoke tokens")
    commands.add_parser("verifier", help="run the verifier: tell gateways and services whether a token is good now")
    keyring = commands.add_parser("keyring", help="keys of the fast check")
    actions = keyring.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser(
        "rotate", help="make a new current key; drop old ones that no live token uses (run in the operator's pod)"
    )
    return parser
