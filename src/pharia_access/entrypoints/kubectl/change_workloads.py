"""Workload tokens, created and changed: planned, asked about, carried out, told."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pharia_access.domain.administration.stored import Stored
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.entrypoints.kubectl.moments import moment
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import present, print_lines
from pharia_access.entrypoints.kubectl.results import print_deletion, print_result
from pharia_access.services.administration import workload_rotation, workload_tokens

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["create", "delete", "resume", "rotate", "suspend"]

Json = dict[str, Any]


async def create(session: "CliSession", cli: CliOptions, name: str, spec: Json, wait_timeout: timedelta | None) -> None:
    """Create one, and wait for its first token."""
    plan = await workload_tokens.plan_creation(session.context, name, spec)
    created = await workload_tokens.create(session.context, plan)
    print_result(cli, created, "created")
    await _wait(session, cli, created, created.summary, wait_timeout)


async def rotate(session: "CliSession", cli: CliOptions, name: str, wait_timeout: timedelta | None) -> None:
    """Ask for a new token, and wait for it."""
    plan = await workload_rotation.plan_rotation(session.context, name, force=cli.force)
    present(cli, plan)
    asked = await workload_tokens.change(session.context, plan)
    print_result(cli, asked, "asked for a new token")
    await _wait(session, cli, asked, plan.workload.summary, wait_timeout)


async def suspend(session: "CliSession", cli: CliOptions, name: str) -> None:
    """Let it make no token."""
    plan = await workload_tokens.plan_suspension(session.context, name, suspended=True, force=cli.force)
    await _carry_out(session, cli, plan, "suspended")


async def resume(session: "CliSession", cli: CliOptions, name: str) -> None:
    """Let it make them again."""
    plan = await workload_tokens.plan_suspension(session.context, name, suspended=False, force=cli.force)
    await _carry_out(session, cli, plan, "resumed")


async def delete(session: "CliSession", cli: CliOptions, name: str) -> None:
    """Delete it, and so its tokens."""
    plan = await workload_tokens.plan_deletion(session.context, name, force=cli.force)
    present(cli, plan)
    print_deletion(cli, plan.workload, await workload_tokens.delete(session.context, plan))


async def _carry_out(session: "CliSession", cli: CliOptions, plan: workload_tokens.WorkloadChange, done: str) -> None:
    present(cli, plan)
    if plan.spec:
        print_result(cli, await workload_tokens.change(session.context, plan), done)


async def _wait(
    session: "CliSession",
    cli: CliOptions,
    asked: Stored[WorkloadSummary],
    before: WorkloadSummary,
    wait_timeout: timedelta | None,
) -> None:
    """Wait, unless no time is given. The result is told already: what a program reads is whole whatever comes of it."""
    if cli.dry_run or wait_timeout is None:
        return
    now = await workload_rotation.wait_for_rotation(session.context, asked, before, wait_timeout=wait_timeout)
    if now.current is not None:
        print_lines(
            f"{now.current.name} is in the Secret {now.secret}, good until {moment(now.current.ends)}",
            *_overlap(now, before),
        )


def _overlap(now: WorkloadSummary, before: WorkloadSummary) -> list[str]:
    """Until when the one before is good, where it still is."""
    old = next((held for held in now.replaced if before.current and held.name == before.current.name), None)
    return [] if old is None else [f"{old.name} stays good until {moment(old.ends)}"]
