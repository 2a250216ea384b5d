"""An object that cannot be understood is told so, once, and nothing else of it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pharia_access.domain.api_values import InvalidObject
from pharia_access.kube.invalid_objects import invalid_spec_patch
from pharia_access.kube.schema import invalid_object
from tests.support.builders.domain_objects import NOW
from tests.support.builders.stored_objects import MINTED_STATUS, merge_patched, stored_token

Json = dict[str, Any]


def seen(body: Json, why: str = "spec.ttl: no") -> InvalidObject:
    """What was found in a list."""
    return invalid_object("ApiToken", body, why)


def told(body: Json, *, later: timedelta = timedelta(), why: str = "spec.ttl: no") -> Json:
    """The object after the complaint."""
    patched: Json = merge_patched(body, invalid_spec_patch(seen(body, why), body, NOW + later))
    return patched


def by_type(body: Json) -> dict[str, Json]:
    """The conditions of an object."""
    return {condition["type"]: condition for condition in body["status"]["conditions"]}


def test_ready_and_stalled_say_what_is_wrong() -> None:
    conditions = by_type(told(stored_token()))

    assert conditions.keys() == {"Ready", "Stalled"}
    assert (conditions["Ready"]["status"], conditions["Stalled"]["status"]) == ("False", "True")
    for condition in conditions.values():
        assert condition["reason"] == "InvalidSpec"
        assert condition["message"].endswith("spec.ttl: no")
        assert condition["lastTransitionTime"] == "2026-11-23T12:00:00Z"


def test_the_rest_of_a_status_stays() -> None:
    theirs = {"type": "Audited", "status": "True", "odd": 1}
    body = stored_token(status={**MINTED_STATUS, "conditions": [theirs, *MINTED_STATUS["conditions"]]})
    after = told(body)

    assert {**after["status"], "conditions": None} == {**body["status"], "conditions": None}
    assert [condition["type"] for condition in after["status"]["conditions"]] == ["Audited", "Ready", "Stalled"]
    assert after["status"]["conditions"][0] == theirs


def test_nothing_is_written_twice() -> None:
    body = told(stored_token())

    assert invalid_spec_patch(seen(body), body, NOW + timedelta(hours=1)) is None


def test_another_complaint_keeps_the_time_of_the_change() -> None:
    body = told(told(stored_token()), later=timedelta(hours=1), why="spec.window: no")

    assert by_type(body)["Ready"]["message"].endswith("spec.window: no")
    assert by_type(body)["Ready"]["lastTransitionTime"] == "2026-11-23T12:00:00Z"


@pytest.mark.parametrize(
    "status",
    [
        pytest.param({}, id="empty"),
        pytest.param({"conditions": "none"}, id="conditions that are no list"),
        pytest.param({"conditions": ["x", 7]}, id="conditions that are no objects"),
        pytest.param(
            {"conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": "x"}]}, id="a time that is none"
        ),
    ],
)
def test_a_status_in_ruins_is_no_obstacle(status: Json) -> None:
    assert by_type(told(stored_token(status=status)))["Ready"]["lastTransitionTime"] == "2026-11-23T12:00:00Z"


def test_the_complaint_holds_only_for_the_object_as_seen() -> None:
    body = stored_token()
    patch = invalid_spec_patch(replace(seen(body), resource_version="42"), body, NOW)

    assert patch is not None
    assert patch["metadata"] == {"uid": "token-1", "resourceVersion": "42"}
