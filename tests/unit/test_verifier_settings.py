"""The verifier's settings: what they may be, and what they say of what they may not be."""

from datetime import UTC, datetime, timedelta

import pytest

from pharia_access.domain.verification.token_headers import TokenHeader
from pharia_access.errors import SettingsError
from pharia_access.settings.base import environment_name
from pharia_access.settings.verifier import VerifierSettings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    for field in VerifierSettings.model_fields:
        monkeypatch.delenv(environment_name(field), raising=False)


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> VerifierSettings:
    for name, value in variables.items():
        monkeypatch.setenv(f"PHARIA_ACCESS_{name}", value)
    return VerifierSettings.from_environment()


def test_an_empty_environment_fails_closed_soon_and_refuses_nothing_old() -> None:
    settings = VerifierSettings.from_environment()

    assert settings.view_bound == timedelta(minutes=5)
    assert settings.refuse_issued_before == datetime(1970, 1, 1, tzinfo=UTC)
    assert (settings.fast_path, settings.token_review, settings.last_used) == (True, False, True)


@pytest.mark.parametrize(
    ("variable", "value", "field", "expected"),
    [
        ("FAST_PATH", "false", "fast_path", False),
        ("FAST_PATH", " TRUE ", "fast_path", True),
        (
            "REFUSE_ISSUED_BEFORE",
            "2026-11-24T12:00:00+02:00",
            "refuse_issued_before",
            datetime(2026, 11, 24, 10, tzinfo=UTC),
        ),
        ("REFUSE_ISSUED_BEFORE", "", "refuse_issued_before", datetime(1970, 1, 1, tzinfo=UTC)),
        ("TOKEN_REVIEW_AUDIENCES", "a, https://b.example", "token_review_audiences", ("a", "https://b.example")),
        ("KEYRING_FOLDER", "", "keyring_folder", ""),
        ("TOKEN_HEADERS", "", "token_headers", ()),
        ("TOKEN_HEADERS", "x-api-key, basic", "token_headers", (TokenHeader.X_API_KEY, TokenHeader.BASIC)),
        ("REQUIREMENT_HEADERS", "x-ai-eg-model", "requirement_headers", ("x-ai-eg-model",)),
    ],
)
def test_a_variable_sets_its_field(
    monkeypatch: pytest.MonkeyPatch, *, variable: str, value: str, field: str, expected: object
) -> None:
    assert getattr(read(monkeypatch, **{variable: value}), field) == expected


def test_a_field_may_be_given_as_a_value() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    settings = VerifierSettings(fast_path=False, refuse_issued_before=moment)

    assert (settings.fast_path, settings.refuse_issued_before) == (False, moment)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        pytest.param({"FAST_PATH": "yes"}, "FAST_PATH must be true or false", id="a word that is no flag"),
        pytest.param({"AUDIT_CLIENT_HEADER": "X Real Ip"}, "must be a header's name", id="no header's name"),
        pytest.param({"AUDIT_CLIENT_HEADER": "Cookie"}, "must not name a header that holds secrets", id="a secret one"),
        pytest.param({"AUDIT_CLIENT_HEADER": "X-Api-Key"}, "must not name a header that holds secrets", id="a key's"),
        pytest.param(
            {"TOKEN_HEADERS": "x-token"}, "these: x-api-key, api-key, x-goog-api-key, basic", id="one of its own"
        ),
        pytest.param({"REQUIREMENT_HEADERS": "X Model"}, "a list of at most 64 names of headers", id="a blank"),
        pytest.param({"REQUIREMENT_HEADERS": "Api-Key"}, "must not name a header that holds secrets", id="a secret"),
        pytest.param({"REQUIREMENT_HEADERS": "HOST"}, "one of the message itself", id="the message's own"),
        pytest.param({"REFUSE_ISSUED_BEFORE": "soon"}, "must be a time such as", id="no time"),
        pytest.param(
            {"WATCH_TIMEOUT": "5m"}, "must be less than PHARIA_ACCESS_VIEW_BOUND", id="a watch that is too long"
        ),
        pytest.param({"TLS_CERT_FILE": "x"}, "PHARIA_ACCESS_TLS_KEY_FILE belong together", id="half of TLS"),
        pytest.param(
            {"TOKEN_REVIEW": "true"}, "TOKEN_REVIEW needs PHARIA_ACCESS_TOKEN_REVIEW_CERT_FILE", id="no files"
        ),
    ],
)
def test_a_wrong_value_is_told(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        read(monkeypatch, **variables)
