"""The tokens that a list shows, as a file: what anybody who may list them may see, no hash and no secret."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from pharia_access.domain.administration.token_inventory import TokenRow
from pharia_access.domain.times import format_time
from pharia_access.entrypoints.console.pages.survey_screens import found_in, screens_over
from pharia_access.entrypoints.console.spreadsheets import CSV_TYPE, as_csv
from pharia_access.entrypoints.console.token_queries import read_query
from pharia_access.entrypoints.console.visits import Answer, File, Visit
from pharia_access.services.administration.token_survey import TokenSurvey

__all__ = ["FIELDS", "as_json", "as_table", "csv_everywhere", "csv_here", "json_everywhere", "json_here", "record"]

Value = str | list[str] | None

FIELDS: Final[Mapping[str, Callable[[TokenRow, datetime], Value]]] = {
    "namespace": lambda row, _: row.token.key.namespace,
    "name": lambda row, _: row.token.key.name,
    "tokenID": lambda row, _: row.token.token_id,
    "credential": lambda row, _: row.token.credential,
    "roles": lambda row, _: None if row.roles is None else list(row.roles),
    "state": lambda row, now: row.state_now(now).value,
    "reason": lambda row, _: row.token.unusable.reason if row.token.unusable else row.token.reason,
    "created": lambda row, _: _time(row.token.created),
    "issued": lambda row, _: _time(row.token.issued),
    "ends": lambda row, _: _time(row.token.end),
    "lastUsed": lambda row, _: _time(row.token.last_used),
    "secret": lambda row, _: row.token.delivery,
    "secretUntil": lambda row, _: _time(row.token.deadline),
    "declaredBy": lambda row, _: row.token.git,
    "description": lambda row, _: row.token.description,
}
"""What a file says of a token, in its order."""


def _csv(visit: Visit, survey: TokenSurvey) -> Answer:
    """For a spreadsheet."""
    return File(_name(survey, "csv"), CSV_TYPE, as_table(_records(visit, survey)))


def _json(visit: Visit, survey: TokenSurvey) -> Answer:
    """For a program."""
    return File(_name(survey, "json"), "application/json", as_json(_records(visit, survey)))


csv_here, csv_everywhere = screens_over("tokens", _csv, document=False)
json_here, json_everywhere = screens_over("tokens", _json, document=False)


def _name(survey: TokenSurvey, ending: str) -> str:
    return f"tokens-{survey.namespace or 'all'}.{ending}"


def _records(visit: Visit, survey: TokenSurvey) -> list[Mapping[str, Value]]:
    now = visit.context.clock.now()
    return [record(row, now) for row in found_in(survey, read_query(visit.query), now)]


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
