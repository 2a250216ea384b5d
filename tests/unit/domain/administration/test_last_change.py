"""Who changed an object last, by its `managedFields`: whatever stands there, and however little."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pharia_access.domain.administration.last_change import LastChange, last_change

EDIT = {"manager": "kubectl-edit", "time": "2026-11-23T12:30:00Z"}
OLDER = {"manager": "argocd", "time": "2026-11-23T12:00:00Z"}
STATUS = {"manager": "operator", "time": "2026-11-23T13:00:00Z", "subresource": "status"}
BY_EDIT = LastChange("kubectl-edit", datetime(2026, 11, 23, 12, 30, tzinfo=UTC))


@pytest.mark.parametrize("entries", [[EDIT, OLDER], [OLDER, EDIT]], ids=["first", "last"])
def test_the_latest_change_counts_wherever_it_stands(entries: list[Any]) -> None:
    assert last_change({"metadata": {"managedFields": entries}}) == BY_EDIT


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(STATUS, id="a status"),
        pytest.param("odd", id="no entry"),
        pytest.param({**STATUS, "subresource": "", "time": "yesterday"}, id="no time"),
        pytest.param({"manager": "odd"}, id="without a time"),
        pytest.param({"time": "2026-11-23T13:00:00Z"}, id="without a program"),
    ],
)
def test_what_is_no_change_by_a_program_at_a_time_does_not_count(entry: object) -> None:
    assert last_change({"metadata": {"managedFields": [entry, EDIT]}}) == BY_EDIT
    assert last_change({"metadata": {"managedFields": [entry]}}) is None


@pytest.mark.parametrize("body", [{}, {"metadata": None}, {"metadata": {}}, {"metadata": {"managedFields": "x"}}])
def test_of_an_object_that_does_not_say_nothing_is_known(body: dict[str, Any]) -> None:
    assert last_change(body) is None
