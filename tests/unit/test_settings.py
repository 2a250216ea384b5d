import re
from datetime import timedelta

import pytest

from pharia_access.domain.argon2id import Argon2Parameters
from pharia_access.domain.model import Policy
from pharia_access.errors import SettingsError
from pharia_access.settings.base import LogFormat, LogLevel, environment_name
from pharia_access.settings.operator import OperatorSettings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    for field in OperatorSettings.model_fields:
        monkeypatch.delenv(environment_name(field), raising=False)


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> OperatorSettings:
    for name, value in variables.items():
        monkeypatch.setenv(name if name == "KUBECONFIG" else f"PHARIA_ACCESS_{name}", value)
    return OperatorSettings.from_environment()


def test_an_empty_environment_gives_the_default_policy_and_owasps_proof() -> None:
    settings = OperatorSettings.from_environment()

    assert settings.policy() == Policy()
    assert settings.argon2_parameters() == Argon2Parameters()
    assert settings.watch_namespaces == ()


@pytest.mark.parametrize(
    ("variable", "value", "field", "expected"),
    [
        pytest.param("DEFAULT_TTL", "720h", "default_ttl", timedelta(days=30), id="a duration in Go's form"),
        pytest.param("PENDING_BOUND", " 1h30m ", "pending_bound", timedelta(hours=1.5), id="blanks around are cut off"),
        pytest.param("WARN_BEFORE", "1s", "warn_before", timedelta(seconds=1), id="a duration at its lower bound"),
        pytest.param("DELETE_ENDED_AFTER", "0", "delete_ended_after", timedelta(0), id="0 for never"),
        pytest.param("DELETE_ENDED_AFTER", "24h", "delete_ended_after", timedelta(days=1), id="or from a bound on"),
        pytest.param("WATCH_NAMESPACES", "b, a,b", "watch_namespaces", ("b", "a"), id="a list keeps order, each once"),
        pytest.param("GITOPS_LABELS", "", "gitops_labels", frozenset(), id="an empty list is empty, not the default"),
        pytest.param(
            "GITOPS_ANNOTATIONS",
            "x.example/y,z",
            "gitops_annotations",
            frozenset({"x.example/y", "z"}),
            id="keys with and without a domain",
        ),
        pytest.param("WORKERS", "64", "workers", 64, id="a number at its upper bound"),
        pytest.param("HEALTH_PORT", "0", "health_port", 0, id="port 0 takes any"),
        pytest.param("LOG_LEVEL", "DEBUG", "log_level", LogLevel.DEBUG, id="a word in upper case"),
        pytest.param("LOG_FORMAT", "text", "log_format", LogFormat.TEXT, id="a word in lower case"),
        pytest.param("IDENTITY", "pod-7", "identity", "pod-7", id="an identity"),
    ],
)
def test_a_variable_sets_its_field(
    monkeypatch: pytest.MonkeyPatch, *, variable: str, value: str, field: str, expected: object
) -> None:
    assert getattr(read(monkeypatch, **{variable: value}), field) == expected


@pytest.mark.parametrize(
    ("variable", "value", "may_be"),
    [
        pytest.param("DEFAULT_TTL", "30d", "a duration from 1s to 8784h", id="days are no unit"),
        pytest.param("MAX_TTL", "8785h", "a duration from 1s to 8784h", id="a duration above its bound"),
        pytest.param("DEFAULT_TTL", "0s", "a duration from 1s to 8784h", id="a duration below its bound"),
        pytest.param(
            "DELETE_ENDED_AFTER", "23h", "0 for never, or a duration from 24h to 87600h", id="neither 0 nor long enough"
        ),
        pytest.param("RESYNC_INTERVAL", "", "a duration from 5s to 30m", id="an empty duration"),
        pytest.param("WORKERS", "65", "a whole number from 1 to 64", id="a number above its bound"),
        pytest.param("WORKERS", "1.5", "a whole number from 1 to 64", id="a broken number"),
        pytest.param("WORKERS", "9" * 5000, "a whole number from 1 to 64", id="a number of thousands of digits"),
        pytest.param("HEALTH_PORT", "tcp://10.0.0.1:80", "a whole number from 0 to 65535", id="a Service's variable"),
        pytest.param("TOKEN_PREFIX", "Pharia_", "2 to 10 lower-case letters and digits", id="a prefix out of form"),
        pytest.param("NAMESPACE", "Team-A", "the name of a namespace", id="a namespace in upper case"),
        pytest.param("WATCH_NAMESPACES", "a,*", "names of namespaces", id="a wildcard is no namespace"),
        pytest.param("GITOPS_LABELS", "a b", "keys of labels", id="a key with a blank"),
        pytest.param("GITOPS_LABELS", ",".join(f"k{n}" for n in range(65)), "at most 64", id="too many keys"),
        pytest.param("LOG_LEVEL", "loud", "one of debug, info, warning, error", id="an unknown level"),
        pytest.param("KUBECONFIG", "x" * 5000, "at most 4096 characters", id="an overlong path"),
    ],
)
def test_a_wrong_variable_is_named_with_what_it_may_be_but_not_with_its_value(
    monkeypatch: pytest.MonkeyPatch, *, variable: str, value: str, may_be: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        read(monkeypatch, **{variable: value})

    (line,) = str(refused.value).splitlines()
    assert variable in line
    assert may_be in line
    assert not value or value not in line


def test_each_wrong_variable_has_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as refused:
        read(monkeypatch, WORKERS="0", LOG_FORMAT="xml", NAMESPACE="-")

    lines = str(refused.value).splitlines()
    assert [line.split()[0] for line in lines] == [
        "PHARIA_ACCESS_NAMESPACE",
        "PHARIA_ACCESS_WORKERS",
        "PHARIA_ACCESS_LOG_FORMAT",
    ]


def test_a_contradiction_is_told_beside_what_is_invalid_unless_it_is_about_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SettingsError) as refused:
        read(monkeypatch, WORKERS="many", MAX_TTL="720h", PROBE_FIRST="x", PROBE_MAX="1s", DEFALT_TTL="1h")

    assert str(refused.value).splitlines() == [
        "PHARIA_ACCESS_WORKERS must be a whole number from 1 to 64",
        "PHARIA_ACCESS_PROBE_FIRST must be a duration from 1s to 5m",
        "PHARIA_ACCESS_DEFAULT_TTL must not be more than PHARIA_ACCESS_MAX_TTL: lower the one or raise the other",
        "PHARIA_ACCESS_DEFALT_TTL is not a setting; did you mean PHARIA_ACCESS_DEFAULT_TTL?",
    ]


def test_a_secret_in_the_wrong_variable_is_not_repeated_anywhere_in_the_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SettingsError) as refused:
        read(monkeypatch, TOKEN_PREFIX="hunter2-Secret")

    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in str(refused.value.__cause__)


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        pytest.param(
            {"DEFAULT_TTL": "2h", "MAX_TTL": "1h"},
            "PHARIA_ACCESS_DEFAULT_TTL must not be more than PHARIA_ACCESS_MAX_TTL",
            id="the default lifetime is above the longest",
        ),
        pytest.param(
            {"PROBE_FIRST": "1m", "PROBE_MAX": "10s"},
            "PHARIA_ACCESS_PROBE_FIRST must not be more than PHARIA_ACCESS_PROBE_MAX",
            id="the first probe is later than the last",
        ),
        pytest.param(
            {"LEASE_DURATION": "10s"},
            "PHARIA_ACCESS_LEASE_RENEW_DEADLINE must be less than PHARIA_ACCESS_LEASE_DURATION",
            id="the leader would give up only after others took over",
        ),
        pytest.param(
            {"LEASE_DURATION": "15500ms"},
            "PHARIA_ACCESS_LEASE_DURATION must be whole seconds",
            id="a Lease counts whole seconds",
        ),
        pytest.param(
            {"LEASE_RENEW_DEADLINE": "2400ms"},
            "PHARIA_ACCESS_LEASE_RETRY_PERIOD times 1.2 must be less than PHARIA_ACCESS_LEASE_RENEW_DEADLINE",
            id="one missed try would lose the Lease",
        ),
        pytest.param(
            {"ARGON2_MEMORY_KIB": "19456", "ARGON2_TIME_COST": "1"},
            "PHARIA_ACCESS_ARGON2_MEMORY_KIB, PHARIA_ACCESS_ARGON2_TIME_COST: Argon2id parameters",
            id="each in bounds, together weaker than OWASP's minimum",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    monkeypatch: pytest.MonkeyPatch, *, variables: dict[str, str], complaint: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(complaint)):
        read(monkeypatch, **variables)


@pytest.mark.parametrize(
    ("memory", "passes"),
    [
        pytest.param(memory, passes, id=f"{memory} KiB with {passes} passes")
        for memory, passes in [(47104, 1), (19456, 2), (12288, 3), (9216, 4), (7168, 5), (131072, 10)]
    ],
)
def test_every_minimum_of_owasp_is_accepted(monkeypatch: pytest.MonkeyPatch, memory: int, passes: int) -> None:
    settings = read(monkeypatch, ARGON2_MEMORY_KIB=str(memory), ARGON2_TIME_COST=str(passes))

    assert settings.argon2_parameters() == Argon2Parameters(memory_kib=memory, time_cost=passes)


def test_our_own_kubeconfig_wins_over_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert OperatorSettings.from_environment().kubeconfig == ""
    assert read(monkeypatch, KUBECONFIG="/usual").kubeconfig == "/usual"

    monkeypatch.setenv("PHARIA_ACCESS_KUBECONFIG", "/ours")
    assert OperatorSettings.from_environment().kubeconfig == "/ours"


def test_two_processes_have_different_identities() -> None:
    assert OperatorSettings().identity != OperatorSettings().identity


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        OperatorSettings().workers = 3  # type: ignore[misc] # what is tested


def test_settings_can_be_made_from_values_in_code() -> None:
    settings = OperatorSettings(workers=3, kubeconfig="/x", default_ttl=timedelta(hours=1), log_level=LogLevel.ERROR)

    assert (settings.workers, settings.kubeconfig, settings.default_ttl) == (3, "/x", timedelta(hours=1))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("watch_namespaces", 3, id="a number is no list"),
        pytest.param("gitops_labels", 3, id="a number is no set"),
        pytest.param("default_ttl", 3600, id="a number is no duration"),
        pytest.param("workers", True, id="a truth is no number"),
        pytest.param("namespace", 3, id="a number is no text"),
    ],
)
def test_values_of_another_type_are_refused_in_code_too(field: str, value: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        OperatorSettings(**{field: value})  # type: ignore[arg-type] # what is tested


def test_every_field_is_documented_and_says_what_it_may_be() -> None:
    for name, field in OperatorSettings.model_fields.items():
        assert field.description, name
        assert any(hasattr(metadata, "may_be") for metadata in field.metadata), name
