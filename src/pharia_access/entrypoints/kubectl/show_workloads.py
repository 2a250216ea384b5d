"""Workload tokens, listed and shown."""

from datetime import datetime
from typing import TYPE_CHECKING

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.administration.workload_tokens import HeldToken, WorkloadSummary
from pharia_access.entrypoints.kubectl.listing import Column, TableSpec, list_objects
from pharia_access.entrypoints.kubectl.moments import age, ago, left, moment, until
from pharia_access.entrypoints.kubectl.next_steps import in_words
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import print_lines
from pharia_access.entrypoints.kubectl.render import (
    print_fields,
    print_heading,
    print_object,
    print_section,
    print_table,
)
from pharia_access.services.administration.queries import judged_tokens
from pharia_access.services.administration.workload_tokens import kept_tokens, read, steps_for

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["WORKLOADS", "list_workloads", "show"]

WORKLOADS: TableSpec[WorkloadSummary] = TableSpec(
    kind=WorkloadSummary,
    noun="workload tokens",
    columns=(
        Column("NAME", lambda shown, _: shown.key.name),
        Column("STATE", lambda shown, _: shown.state),
        Column("CURRENT", lambda shown, _: _name(shown.current)),
        Column("RENEWS", lambda shown, now: left(shown.renews, now)),
        Column("SECRET", lambda shown, _: shown.secret),
        Column("CREDENTIAL", lambda shown, _: shown.credential, wide=True),
        Column("ID", lambda shown, _: "" if shown.current is None else shown.current.token_id, wide=True),
        Column("EXPIRES", lambda shown, now: left(_end(shown.current), now), wide=True),
        Column("REPLACED", lambda shown, _: str(len(shown.replaced)), wide=True),
        Column("AGE", lambda shown, now: age(shown.created, now), wide=True),
        Column("MESSAGE", lambda shown, _: shown.message, wide=True),
    ),
)


async def list_workloads(session: "CliSession", cli: CliOptions) -> None:
    """Print them."""
    await list_objects(session, cli, WORKLOADS)


async def show(session: "CliSession", cli: CliOptions, name: str) -> None:
    """Print one, what its conditions say, its tokens, and what lets it go on where something stands in the way."""
    context = session.context
    stored = await read(context, name)
    if not cli.for_people:
        print_object(stored.body, cli.output)
        return
    workload = stored.summary
    tokens = await judged_tokens(context, await kept_tokens(context, workload))
    now = context.clock.now()
    print_fields(_fields(workload, now))
    print_section("Conditions", _conditions(workload))
    _print_tokens(workload, tokens, now, wide=cli.output == "wide")
    print_lines(*in_words(steps_for(workload), session.options))


def _fields(workload: WorkloadSummary, now: datetime) -> list[tuple[str, str]]:
    current, pending = workload.current, workload.pending
    return [
        ("Name", workload.key.name),
        ("Namespace", workload.key.namespace),
        ("Credential", workload.credential),
        ("Secret", f"{workload.secret}, key {workload.entry}"),
        ("Created", moment(workload.created)),
        ("State", workload.state),
        ("Suspended", "yes: no new token is made" if workload.suspended else "no"),
        ("Lifetime", workload.ttl or "the credential's"),
        ("Renew before", workload.renew_before or "a third of the lifetime"),
        ("Current", _name(current)),
        ("Delivered", ago(None if current is None else current.delivered, now)),
        ("Expires", until(_end(current), now)),
        ("Renews", until(workload.renews, now)),
        ("On its way", "" if pending is None else f"{pending.name} ({pending.why}), since {ago(pending.since, now)}"),
        ("Lost in a row", str(workload.lost or "")),
    ]


def _conditions(workload: WorkloadSummary) -> list[str]:
    if not workload.ready:
        return ["Not seen by an operator yet."]
    ready = "Ready" if workload.ready == "True" else "Not ready"
    why = workload.message or workload.reason
    once = workload.stalled == why
    said = [f"{ready}{', and somebody must act' if once else ''}: {why}"]
    said += [f"A replaced token is still in use: {workload.in_use}"] if workload.in_use else []
    return said + ([f"Somebody must act: {workload.stalled}"] if workload.stalled and not once else [])


def _print_tokens(workload: WorkloadSummary, tokens: list[TokenSummary], now: datetime, *, wide: bool) -> None:
    """Side by side, so that it is seen whether what was replaced is still used."""
    if not tokens:
        print_section("Tokens", [])
        return
    print_heading("Tokens")
    more = ["ID"] if wide else []
    rows = [
        [
            token.key.name,
            _place(workload, token),
            token.state,
            left(token.end, now),
            ago(token.last_used, now, never="never"),
            *([token.token_id] if wide else []),
        ]
        for token in tokens
    ]
    print_table(["NAME", "PLACE", "PHASE", "EXPIRES", "LAST USED", *more], rows)


def _place(workload: WorkloadSummary, token: TokenSummary) -> str:
    """Where it stands with its keeper."""
    name = token.key.name
    if name == _name(workload.current):
        return "current"
    if workload.pending is not None and name == workload.pending.name:
        return "pending"
    return "replaced" if name in {held.name for held in workload.replaced} else "over"


def _name(held: HeldToken | None) -> str:
    return "" if held is None else held.name


def _end(held: HeldToken | None) -> datetime | None:
    return None if held is None else held.ends
