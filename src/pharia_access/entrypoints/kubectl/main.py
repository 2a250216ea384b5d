"""The program `kubectl-access`: runs a command, and turns whatever goes wrong into a sentence and an exit code.

0: done. 1: not done, and why is on standard error. 2: the command line itself is wrong. 130: interrupted.
"""

import logging
import os
import sys
import traceback

import click

from pharia_access.entrypoints.kubectl.app import PROGRAM, access
from pharia_access.entrypoints.kubectl.colours import coloured
from pharia_access.entrypoints.kubectl.failures import Failure, explain
from pharia_access.entrypoints.kubectl.options import Choices
from pharia_access.errors import AccessError

__all__ = ["main", "run"]

_INTERRUPTED = 130


def main() -> None:
    """The console script."""
    logging.getLogger().addHandler(logging.NullHandler())  # what libraries log would be written to standard error
    status = run(sys.argv[1:])
    _give_up_on_output()
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run one command line; the exit status."""
    choices = Choices()
    try:
        status = access.main(arguments, prog_name=PROGRAM, standalone_mode=False, obj=choices)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return _INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        return 1
    except Exception as error:  # noqa: BLE001 - a person is never shown a traceback unasked
        _tell(_failure(error), error, verbose=choices.verbose)
        return 1
    return status if isinstance(status, int) else 0


def _failure(error: Exception) -> Failure:
    match error:
        case AccessError():
            return explain(error)
        case OSError():  # the API server's are AccessErrors by now
            return Failure(f"What was asked for could not be written: {error.strerror}.")
        case ImportError():
            return _missing(error)
        case _:
            return Failure(f"This is a fault of kubectl access ({type(error).__name__}).", "Please report it with -v.")


def _give_up_on_output() -> None:
    """Python would try again at its exit to write what a closed pipe or a full disk did not take, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _missing(error: ImportError) -> Failure:
    """Installed without its libraries, or a single file that has none for the Python that runs it."""
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    return Failure(f"{error.name} is not here for {python}.", 'Install it: pipx install "pharia-access[kubectl]"')


def _tell(failure: Failure, error: Exception, *, verbose: bool) -> None:
    click.echo(f"{coloured('Error:', 'red')} {failure.sentence}", err=True)
    if failure.next_step:
        click.echo(failure.next_step, err=True)
    if verbose:
        frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        click.echo(f"Cause: {type(error).__name__}: {error} (at {frames[-1]})", err=True)
