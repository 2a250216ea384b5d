"""A misspelt variable is refused by both programs, as a wrong value is; what Kubernetes adds by itself is not."""

from __future__ import annotations

import pytest

from pharia_access.errors import SettingsError
from pharia_access.settings.base import ProcessSettings, environment_name
from pharia_access.settings.operator import OperatorSettings
from pharia_access.settings.verifier import VerifierSettings

PROGRAMS = (OperatorSettings, VerifierSettings)
SERVICE_LINKS = {
    "PHARIA_ACCESS_VERIFIER_SERVICE_HOST": "10.0.0.12",
    "PHARIA_ACCESS_VERIFIER_SERVICE_PORT": "80",
    "PHARIA_ACCESS_VERIFIER_SERVICE_PORT_HTTP": "80",
    "PHARIA_ACCESS_VERIFIER_PORT": "tcp://10.0.0.12:80",
    "PHARIA_ACCESS_VERIFIER_PORT_80_TCP": "tcp://10.0.0.12:80",
    "PHARIA_ACCESS_VERIFIER_PORT_80_TCP_PROTO": "tcp",
    "PHARIA_ACCESS_VERIFIER_PORT_80_TCP_PORT": "80",
    "PHARIA_ACCESS_VERIFIER_PORT_80_TCP_ADDR": "fd00::12",
}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for program in PROGRAMS:
        for field in program.model_fields:
            monkeypatch.delenv(environment_name(field), raising=False)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ("DEFALT_TTL", "is not a setting; did you mean PHARIA_ACCESS_DEFAULT_TTL?"),
        ("VIEWBOUND", "is not a setting; did you mean PHARIA_ACCESS_VIEW_BOUND?"),
        ("TIMEZONE_OF_REPORTS", "is not a setting: remove it"),
        ("SERVICE_HOST", "is not a setting: remove it"),
    ],
)
def test_a_variable_that_is_no_setting_stops_the_start_and_its_value_is_not_told(
    monkeypatch: pytest.MonkeyPatch, program: type[ProcessSettings], variable: str, sentence: str
) -> None:
    monkeypatch.setenv(f"PHARIA_ACCESS_{variable}", "secret-value")

    with pytest.raises(SettingsError) as refused:
        program.from_environment()

    assert str(refused.value) == f"PHARIA_ACCESS_{variable} {sentence}"


def test_it_is_named_beside_what_else_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHARIA_ACCESS_WORKERS", "0")
    monkeypatch.setenv("PHARIA_ACCESS_WORKER", "1")

    with pytest.raises(SettingsError) as refused:
        OperatorSettings.from_environment()

    wrong, unknown = str(refused.value).splitlines()
    assert wrong.startswith("PHARIA_ACCESS_WORKERS ")
    assert unknown == "PHARIA_ACCESS_WORKER is not a setting; did you mean PHARIA_ACCESS_WORKERS?"


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_setting_of_the_other_program_and_what_kubernetes_adds_for_a_service_are_let_be(
    monkeypatch: pytest.MonkeyPatch, program: type[ProcessSettings]
) -> None:
    for name, value in {**SERVICE_LINKS, "PHARIA_ACCESS_MAX_TTL": "8784h", "PHARIA_ACCESS_VIEW_BOUND": "5m"}.items():
        monkeypatch.setenv(name, value)

    assert isinstance(program.from_environment(), program)


def test_the_case_of_a_name_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("pharia_access_workers", "3")
    monkeypatch.setenv("pharia_access_wrkers", "3")

    with pytest.raises(
        SettingsError, match=r"^pharia_access_wrkers is not a setting; did you mean PHARIA_ACCESS_WORKERS"
    ):
        OperatorSettings.from_environment()
