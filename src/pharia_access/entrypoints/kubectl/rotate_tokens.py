"""Tokens, rotated: one, or all that end soon. Planned, asked about, carried out, told."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pharia_access.domain.durations import humanize
from pharia_access.domain.grammar import counted, plural
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.kubectl.failures import explain
from pharia_access.entrypoints.kubectl.listing import nothing_listed
from pharia_access.entrypoints.kubectl.moments import left
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.own_secret_destination import report_overwritten
from pharia_access.entrypoints.kubectl.prompts import present, print_lines
from pharia_access.entrypoints.kubectl.render import print_table
from pharia_access.entrypoints.kubectl.secret_destinations import destination_for
from pharia_access.entrypoints.kubectl.secret_output import SecretOutput
from pharia_access.errors import AccessError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.destinations import SecretDestination
from pharia_access.services.administration.guards import require_readable
from pharia_access.services.administration.rotation import (
    NotRotated,
    Rotated,
    RotationOptions,
    RotationsPlan,
    plan_rotation,
    plan_rotations,
    rotate_each,
)
from pharia_access.services.administration.rotation import rotate as carry_out

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["IncompleteError", "rotate", "rotate_expiring"]


class IncompleteError(AccessError):
    """Some of many were not done; each was told already."""


async def rotate(
    session: "CliSession", cli: CliOptions, name: str, options: RotationOptions, secret_output: SecretOutput
) -> None:
    """Replace one."""
    plan = await plan_rotation(session.context, name, options, force=cli.force)
    await require_readable(session.context, plan.new.key)
    credential = plan.old.summary.credential
    destination = destination_for(secret_output, session.secrets, session.context.namespace, credential=credential)
    await destination.check()
    present(cli, plan)
    _print(session, cli, [await carry_out(session.context, plan, destination)])
    await report_overwritten(session, destination)


async def rotate_expiring(
    session: "CliSession", cli: CliOptions, within: timedelta, options: RotationOptions, secret_output: SecretOutput
) -> None:
    """Replace all that end within that time, one after the other; one that fails stops no other."""
    plan = await plan_rotations(session.context, within, options, everywhere=cli.all_namespaces)
    _report_due(plan, within)
    present(cli, plan)

    def destination_of(context: Context, new: ObjectKey) -> SecretDestination:
        return destination_for(_output_for(secret_output, cli, new), session.secrets, context.namespace, credential="")

    done: list[Rotated] = []
    failures: list[NotRotated] = []
    try:
        async for result in rotate_each(session.context, plan, options, destination_of, force=cli.force):
            match result:
                case Rotated():
                    done.append(result)
                case NotRotated():
                    failures.append(result)
    finally:  # also where somebody interrupts
        _print(session, cli, done)
        for failure in failures:
            print_lines(*_failure_lines(failure, session.options))
    if failures:
        left, all_due = len(plan.due) - len(done), counted(len(plan.due), "token")
        msg = f"{left} of {all_due} {plural(left, 'was', 'were')} not rotated"
        raise IncompleteError(msg)


def _failure_lines(failed: NotRotated, options: str) -> list[str]:
    failure = explain(failed.error, options)
    return [f"{failed.old} was not rotated: {failure.sentence}", *filter(None, failure.next_step.split("\n"))]


def _report_due(plan: RotationsPlan, within: timedelta) -> None:
    """What is not rotated although it ends soon, and why, each on a line."""
    if plan.nothing is not None:
        print_lines(f"{nothing_listed(plan.nothing, 'tokens')}.")
        return
    kept = [(old, f"already replaced by {new.key.name}") for old, new in plan.replaced]
    kept += [(old, why) for old, why in plan.left_alone if old.key not in {each.key for each, _ in kept}]
    if kept:
        count = len(kept)
        ends = f"{counted(count, 'token')} {plural(count, 'ends', 'end')} within {humanize(within)}"
        print_lines(f"{ends} and {plural(count, 'is', 'are')} left alone:")
        print_lines(*(f"  {old.key.name}: {why}" for old, why in kept))
    if not plan.due:
        print_lines(f"No {'other ' if kept else ''}token to rotate expires within {humanize(within)}.")


def _output_for(secret_output: SecretOutput, cli: CliOptions, new: ObjectKey) -> SecretOutput:
    if secret_output.folder and not cli.dry_run:
        folder = Path(secret_output.folder, new.namespace if cli.all_namespaces else "")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return SecretOutput(file=str(folder / new.name))
    return (
        secret_output
        if secret_output.output == "json"
        else SecretOutput(output="rows" if cli.all_namespaces else "lines")
    )


def _print(session: "CliSession", cli: CliOptions, rotated: Sequence[Rotated]) -> None:
    """In one table, beside the secrets: so on standard error."""
    now, everywhere = session.context.clock.now(), cli.all_namespaces
    if not rotated:
        return
    headings, rows = ["OLD", "ENDS", "NEW", "ENDS"], []
    for pair in rotated:
        row = [pair.old.key.name, left(pair.old.ends, now), pair.new.key.name, left(pair.new.ends, now)]
        rows.append([pair.old.key.namespace, *row] if everywhere else row)
    print_table(["NAMESPACE", *headings] if everywhere else headings, rows, err=True)
    if cli.dry_run:
        print_lines("(dry run: nothing was changed)")
