"""The tokens that a list shows, as a file: what anybody who may list them may see, no hash and no secret."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from pharia_access.domain.administration.token_inventory import TokenRow, in_order, matching
from pharia_access.domain.administration.token_states import state_of
from pharia_access.domain.times import format_time
from pharia_access.entrypoints.console.pages.unlisted import unlisted
from pharia_access.entrypoints.console.spreadsheets import CSV_TYPE, as_csv
from pharia_access.entrypoints.console.surveys import surveyed
from pharia_access.entrypoints.console.token_queries import read_query
from pharia_access.entrypoints.console.visits import Answer, File, Visit
from pharia_access.errors import ForbiddenError

__all__ = ["FIELDS", "as_json", "as_table", "csv_everywhere", "csv_here", "json_everywhere", "json_here", "record"]

Value = str | list[str] | None

FIELDS: Final[Mapping[str, Callable[[TokenRow, datetime], Value]]] = {
    "namespace": lambda row, _: row.token.key.namespace,
    "name": lambda row, _: row.token.key.name,
    "tokenID": lambda row, _: row.token.token_id,
    "credential": lambda row, _: row.token.credential,
    "roles": lambda row, _: None if row.roles is None else list(row.roles),
    "state": lambda row, now: state_of(row.token, now).value,
    "reason": lambda row, _: row.token.unusable.reason if row.token.unusable else row.token.reason,
    "created": lambda row, _: _time(row.token.created),
    "issued": lambda row, _: _time(row.token.issued),
    "ends": lambda row, _: _time(row.token.end),
    "lastUsed": lambda row, _: _time(row.token.last_used),
    "secret": lambda row, _: row.token.delivery,
    "secretUntil": lambda row, _: _time(row.token.deadline),
    "declaredBy": lambda row, _: row.git,
    "description": lambda row, _: row.token.description,
}
"""What a file says of a token, in its order."""


async def csv_here(visit: Visit) -> Answer:
    """Of the namespace, for a spreadsheet."""
    return await _file(visit, "csv", everywhere=False)


async def csv_everywhere(visit: Visit) -> Answer:
    """Of all namespaces."""
    return await _file(visit, "csv", everywhere=True)


async def json_here(visit: Visit) -> Answer:
    """Of the namespace, for a program."""
    return await _file(visit, "json", everywhere=False)


async def json_everywhere(visit: Visit) -> Answer:
    """Of all namespaces."""
    return await _file(visit, "json", everywhere=True)


async def _file(visit: Visit, ending: str, *, everywhere: bool) -> Answer:
    try:
        survey = await surveyed(visit, everywhere=everywhere)
    except ForbiddenError as error:
        return unlisted(visit, error, "tokens", everywhere=everywhere)
    query, now = read_query(visit.query), visit.context.clock.now()
    rows = in_order(matching(survey.rows, query.wanted, now), query.sort, descending=query.descending)
    records = [record(row, now) for row in rows]
    name = f"tokens-{'all' if everywhere else visit.context.namespace}.{ending}"
    if ending == "csv":
        return File(name, CSV_TYPE, as_table(records))
    return File(name, "application/json", as_json(records))


def record(row: TokenRow, now: datetime) -> Mapping[str, Value]:
    """A token as a file says it."""
    return {name: read(row, now) for name, read in FIELDS.items()}


def as_json(records: list[Mapping[str, Value]]) -> str:
    """A list of objects."""
    return json.dumps(records, indent=1) + "\n"


def as_table(records: list[Mapping[str, Value]]) -> str:
    """A spreadsheet's table; the first line names the columns."""
    return as_csv([list(FIELDS), *([_cell(each[name]) for name in FIELDS] for each in records)])


def _cell(value: Value) -> str:
    return " ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def _time(when: datetime | None) -> str | None:
    return None if when is None else format_time(when)
