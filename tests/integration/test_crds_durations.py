"""What a person is told of a duration that is none, on a real API server: one sentence, wherever it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tools.control_plane.resources import api_credential, api_token

if TYPE_CHECKING:
    from tools.control_plane.api import Api

Json = dict[str, Any]


def _with(field: str, text: str) -> Json:
    match field:
        case "ttl":
            return api_token("default", ttl=text)
        case "window":
            return api_token("default", delivery={"window": text})
        case _:
            return api_credential("default", "ci", tokenPolicy={field: text})


@pytest.mark.parametrize("text", ["30d", "", "720", "0s", " 1h", "1h ", "-1h", "1H", "99999h"])
@pytest.mark.parametrize("field", ["ttl", "window", "defaultTTL", "maxTTL"])
def test_a_duration_is_refused_in_one_sentence(admin: Api, field: str, text: str) -> None:
    told = admin.create(_with(field, text), dryRun="All", fieldValidation="Strict").message

    assert "must be a duration from" in told
    assert told.count("Invalid value") == 1
    assert "should match" not in told
