"""A status for servers whose CRD does not know all of its fields yet."""

from __future__ import annotations

import json

import pytest

from pharia_access.domain.model import Mac
from pharia_access.errors import InvalidError
from pharia_access.kube.errors import refusal
from pharia_access.kube.later_fields import LATER_FIELDS, mac_fields, without

MAC = Mac("k1", "0" * 64, "0123456789abcdef")
FINGERPRINT, ENDS_AT = "status.mac.keyFingerprint", "status.endsAt"
OBJECT = '\\"status\\":{\\"mac\\":{\\"keyFingerprint\\":\\"…\\"}}' * 100


def answer(message: str) -> InvalidError:
    body = json.dumps({"kind": "Status", "reason": "Invalid", "message": message}).encode()
    found = refusal(422, body, method="PATCH", path="/apis/access.pharia.ai/v1alpha1/namespaces/a/apitokens/b/status")
    assert isinstance(found, InvalidError)
    return found


@pytest.mark.parametrize("field", sorted(LATER_FIELDS))
@pytest.mark.parametrize(
    ("message", "known"),
    [
        pytest.param(
            f'patch: Invalid value: "{OBJECT}": strict decoding error: unknown field "%s"',
            False,
            id="behind the whole object",
        ),
        pytest.param('strict decoding error: unknown field "%s"', False, id="alone"),
        pytest.param('strict decoding error: unknown field "status.other", unknown field "%s"', False, id="the last"),
        pytest.param('strict decoding error: unknown field "status.other"', True, id="another field"),
        pytest.param('unknown field "%s"', True, id="not by strictness"),
        pytest.param(f'Invalid value: "{OBJECT}": must match', True, id="another refusal that quotes it"),
        pytest.param("", True, id="no words"),
    ],
)
def test_only_a_server_that_does_not_know_the_field_is_asked_again(field: str, message: str, known: bool) -> None:  # noqa: FBT001 - a column of the table
    assert (answer(message.replace("%s", field)).unknown_field == field) is not known


def test_the_fields_are_left_out_and_nothing_else() -> None:
    status = {"phase": "Active", "endsAt": "2026-12-01T00:00:00Z", "mac": mac_fields(MAC)}
    patch = {"metadata": {"uid": "1"}, "status": status}

    less = without(patch, frozenset({FINGERPRINT}))

    assert less == {"metadata": {"uid": "1"}, "status": {**status, "mac": {"keyID": "k1", "value": "0" * 64}}}
    assert without(less, frozenset({ENDS_AT}))["status"].keys() == {"phase", "mac"}
    assert without(patch, LATER_FIELDS) == without(less, frozenset({ENDS_AT}))
    assert without({"status": {"mac": None}}, LATER_FIELDS) == {"status": {"mac": None}}
    assert without(patch, frozenset()) == patch


def test_a_credentials_summary_is_left_out_and_its_counts_stay() -> None:
    patch = {"metadata": {"uid": "1"}, "status": {"tokens": {"active": 1}, "rolesSummary": "studio-user"}}

    assert without(patch, frozenset({"status.rolesSummary"}))["status"] == {"tokens": {"active": 1}}


def test_a_token_of_old_has_no_such_field() -> None:
    assert mac_fields(Mac("k1", "0" * 64)) == {"keyID": "k1", "value": "0" * 64}
