"""The program `kubectl-access`: runs a command, and turns whatever goes wrong into a sentence and an exit code.

0: done. 1: not done, and why is on standard error. 2: the command line itself is wrong. 130: interrupted.
"""

import logging
import sys
import traceback

import click
from click.exceptions import NoArgsIsHelpError

from pharia_access.entrypoints.kubectl import printing
from pharia_access.entrypoints.kubectl.app import PROGRAM, access
from pharia_access.entrypoints.kubectl.failures import Failure, explain
from pharia_access.entrypoints.kubectl.named import refuse_tokens
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.errors import AccessError

__all__ = ["main", "run"]

_INTERRUPTED = 130
_OF_THE_CONSOLE = {"jinja2", "uvicorn"}


def main() -> None:
    """The console script."""
    logging.getLogger().addHandler(logging.NullHandler())  # what libraries log would be written to standard error
    status = run(sys.argv[1:])
    printing.last_flush()
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run one command line; the exit status."""
    cli = CliOptions()
    try:
        refuse_tokens(arguments)  # before Click, whose errors repeat a word that fits nowhere
        status = access.main(arguments, prog_name=PROGRAM, standalone_mode=False, obj=cli)
    except click.ClickException as error:
        _show(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        printing.write("Interrupted.", err=True)
        return _INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        return 1
    except Exception as error:  # noqa: BLE001 - a person is never shown a traceback unasked
        _report(_failure(error, cli), error, verbose=cli.verbose)
        return 1
    return status if isinstance(status, int) else 0


def _failure(error: Exception, cli: CliOptions) -> Failure:
    match error:
        case AccessError():
            return explain(error, cli.connection(), cli.place())
        case OSError():  # the API server's are AccessErrors by now
            return Failure(f"Could not write the output: {error.strerror}.")
        case ImportError():
            return _missing(error)
        case _:
            return Failure(
                f"This is a bug in kubectl access ({type(error).__name__}).",
                "Run the command again with -v, and report its output.",
            )


def _missing(error: ImportError) -> Failure:
    """Installed without its libraries, or a single file that has none for the Python that runs it."""
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    extra = "console" if error.name in _OF_THE_CONSOLE else "kubectl"
    return Failure(f"{error.name} is not installed for {python}.", f'Install it: pipx install "pharia-access[{extra}]"')


def _report(failure: Failure, error: Exception, *, verbose: bool) -> None:
    printing.write_marked("Error:", "red", failure.sentence)
    if failure.next_step:
        printing.write(*failure.next_step.split("\n"), err=True)
    if verbose:
        frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        printing.write(f"Cause: {type(error).__name__}: {error} (at {frames[-1]})", err=True)


def _show(error: click.ClickException) -> None:
    """As Click does: how the command is used, then what is wrong with the words."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if isinstance(error, NoArgsIsHelpError):  # its message is the whole help
        printing.write(*error.format_message().split("\n"), err=True)
        return
    if context is not None:
        usage = f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n"
        printing.write(*usage.split("\n"), err=True)
    sentence, *next_steps = error.format_message().split("\n")
    printing.write_marked("Error:", "red", sentence)
    printing.write(*next_steps, err=True)
