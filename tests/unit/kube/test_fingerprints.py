"""A token's status for servers that do not know the fingerprint of a key yet."""

from __future__ import annotations

import json

import pytest

from pharia_access.domain.model import Mac
from pharia_access.errors import InvalidError
from pharia_access.kube.errors import refusal
from pharia_access.kube.fingerprints import is_unknown, mac_fields, without_fingerprint

MAC = Mac("k1", "0" * 64, "0123456789abcdef")
OBJECT = '\\"status\\":{\\"mac\\":{\\"keyFingerprint\\":\\"…\\"}}' * 100


def answer(message: str) -> InvalidError:
    body = json.dumps({"kind": "Status", "reason": "Invalid", "message": message}).encode()
    found = refusal(422, body, method="PATCH", path="/apis/access.pharia.ai/v1alpha1/namespaces/a/apitokens/b/status")
    assert isinstance(found, InvalidError)
    return found


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param(
            f'patch: Invalid value: "{OBJECT}": strict decoding error: unknown field "status.mac.keyFingerprint"',
            True,
            id="behind the whole object",
        ),
        pytest.param('strict decoding error: unknown field "status.mac.keyFingerprint"', True, id="alone"),
        pytest.param('strict decoding error: unknown field "status.other"', False, id="another field"),
        pytest.param('unknown field "status.mac.keyFingerprint"', False, id="not by strictness"),
        pytest.param(f'Invalid value: "{OBJECT}": must match', False, id="another refusal that quotes it"),
        pytest.param("", False, id="no words"),
    ],
)
def test_only_a_server_that_does_not_know_the_field_is_asked_again(message: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_unknown(answer(message)) is expected


def test_the_field_is_left_out_and_nothing_else() -> None:
    patch = {"metadata": {"uid": "1"}, "status": {"phase": "Active", "mac": mac_fields(MAC)}}

    assert without_fingerprint(patch) == {
        "metadata": {"uid": "1"},
        "status": {"phase": "Active", "mac": {"keyID": "k1", "value": "0" * 64}},
    }
    assert without_fingerprint({"status": {"mac": None}}) == {"status": {"mac": None}}


def test_a_token_of_old_has_no_such_field() -> None:
    assert mac_fields(Mac("k1", "0" * 64)) == {"keyID": "k1", "value": "0" * 64}
