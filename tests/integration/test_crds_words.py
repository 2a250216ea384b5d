"""What a person is told of a name or a time that is none, on a real API server: one sentence, no regular expression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tools.control_plane.resources import api_credential, api_role, api_token

if TYPE_CHECKING:
    from tools.control_plane.api import Api

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param(
            api_token("default", credentialRef={"name": "A b"}), "must be the metadata.name of", id="credential"
        ),
        pytest.param(api_token("default", delivery={"secretName": "A_B"}), "must be a name for a Secret", id="Secret"),
        pytest.param(api_token("default", expiresAt="tomorrow"), "must be a real date and time", id="end"),
        pytest.param(api_credential("default", "ci", roles=["Studio User"]), "must be the metadata.name of", id="role"),
        pytest.param(api_role(allowedNamespaces=["team-*"]), "must be the name of a namespace", id="namespace"),
        pytest.param(api_role(permissions=[{"permission": "1 x"}]), "must start with a letter", id="permission"),
    ],
)
def test_what_is_invalid_is_refused_in_one_sentence(admin: Api, body: Json, sentence: str) -> None:
    told = admin.create(body, dryRun="All", fieldValidation="Strict").message

    assert sentence in told
    assert told.count("Invalid value") == 1
    assert "should match" not in told
