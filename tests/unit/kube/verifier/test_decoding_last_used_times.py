"""The times of last use that a credential keeps: bookkeeping, which refuses nobody."""

from __future__ import annotations

import json

import msgspec
import pytest

from pharia_access.kube.verifier.decoding import read_credential
from tests.support.builders.stored_objects import stored_credential


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"invoice-bot": "1970-01-01T01:00:00Z"}, {"invoice-bot": 3600.0}, id="used"),
        pytest.param({"invoice-bot": "yesterday", "b": 7}, {"invoice-bot": 0.0, "b": 0.0}, id="unreadable times"),
        pytest.param(["yesterday"], {}, id="a list"),
        pytest.param(None, {}, id="nothing"),
    ],
)
def test_no_time_of_last_use_makes_a_credential_malformed(value: object, expected: dict[str, float]) -> None:
    body = stored_credential(status={"lastUsedTimes": value})

    assert read_credential(msgspec.Raw(json.dumps(body))).last_used == expected
