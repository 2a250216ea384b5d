"""The chart refuses what the programs would refuse, in the same words: one source, compared value by value."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.domain.argon2id import OWASP_MINIMUM
from pharia_access.settings.rules import NotMore
from tests.support.charts.chart_cases import answers, program_says
from tools.chart_forms import PROGRAMS, forms, named
from tools.control_plane.charts import Json, nested, rendered
from tools.control_plane.processes import ProcessError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

SEED, MIXED = 20, 120
LABELS = ["", "a", "A", "a.b", "a-b", "-a", "a-", "1", "a" * 63, "a" * 64, "a b", "a/b", "é", "null", "{{ a }}", "a: b"]

# Values of a form, beside those at its bounds; each of the type that the schema asks for.
OF_A_FORM: dict[str, list[Any]] = {
    "duration": [
        *("", "0", "0s", "1", "-1s", "+1s", "1.5h", ".5m", "1.m", "1m1m", "1h 1m", "1 h", "90d", "1e3s", "1H", "h"),
        *("5ns", "0.1ns", "1.0000009s", "999µs", "999μs", "9999999999999h", "0.000000001h", ".h", "2160h0m0s", 0, 5),
    ],
    "moment": [
        *("", "yesterday", "2027-01-31", "2027-01-31T00:00:00", "2027-01-31T00:00:00Z", "2027-02-30T00:00:00Z"),
        *("2027-01-31T00:00:00.5Z", "2027-01-31T23:59:60Z", "2027-01-31t00:00:00z", "2027-01-31T00:00:00+23:59"),
        *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z"),
        *("9999-12-31T00:00:00Z", "9999-12-31T00:00:01Z", "9999-12-31T23:59:59-01:00", "2027-01-31T24:00:00Z"),
    ],
    "text": [*LABELS, "ab", "1a", "abcdefghij", "abcdefghijk", "a:b", "::", "a" * 253, "a" * 254, "a_b", "a\nb", "#"],
    "names": [
        *([label] for label in LABELS),
        *(
            [],
            ["a/b"],
            ["a.b/C_d"],
            ["a/b/c"],
            ["https://kubernetes.default.svc"],
            ["x" * 513],
            ["a", "b", "a"],
            ["x-api-key", "basic"],
            ["X-Api-Key"],
            ["a\nb"],
        ),
        *([f"k{number}" for number in range(count)] for count in (64, 65)),
    ],
    "choice": ["json", "JSON", "text", "xml", "debug", "Info", "WARNING", "error", "loud", ""],
    "flag": [True, False],
    "number": [-1, 10**10, 10**18],
}


def at_the_bounds(path: str) -> list[Any]:
    form = forms()[path].form
    if form["kind"] not in {"number", "duration"}:
        return []
    low, high = form["low"], form["high"]
    numbers = [number for number in (low - 1, low, low + 1, high - 1, high, high + 1) if number >= 0]
    return numbers if form["kind"] == "number" else [f"{number}us" for number in numbers]


def candidates(path: str) -> list[Any]:
    return [*at_the_bounds(path), *OF_A_FORM[forms()[path].form["kind"]]]


def settings() -> list[str]:
    return [path for path in forms() if path.rpartition(".")[0] in PROGRAMS]


def each_alone() -> Iterator[Json]:
    """The bounds of each setting, and once for each form all that is of that form or is not."""
    seen = set()
    for path in settings():
        form = forms()[path].form
        shape = (path.partition(".")[0], form["kind"], form.get("pattern"))
        yield from ({path: value} for value in (at_the_bounds(path) if shape in seen else candidates(path)))
        seen.add(shape)


def each_pair() -> Iterator[Json]:
    """Settings that a rule is about: as much, and one microsecond beside; the floor of Argon2id from both sides."""
    for prefix, program in PROGRAMS.items():
        for rule in program.RULES:
            if isinstance(rule, NotMore):
                field, bound = map(named(prefix), (rule.field, rule.bound))
                for whole in (20 * 10**6, 60 * 10**6, 250 * 10**6):
                    most = whole * 10 // rule.tenths
                    yield from ({field: f"{most + beside}us", bound: f"{whole}us"} for beside in (-1, 0, 1))
    for least in OWASP_MINIMUM:
        for memory in (least.memory_kib - 1, least.memory_kib):
            for passes in (least.time_cost - 1, least.time_cost):
                yield {"settings.argon2MemoryKib": memory, "settings.argon2TimeCost": passes}
    yield from ({"settings.leaseDuration": text} for text in ("15500ms", "15.000001s", "16s", "15000ms"))


def mixed() -> Iterator[Json]:
    """Several settings at once, by a seed."""
    choice = random.Random(SEED)  # noqa: S311 - no secret
    for _ in range(MIXED):
        yield {path: choice.choice(candidates(path)) for path in choice.sample(settings(), choice.randint(2, 4))}


def test_the_chart_and_the_programs_accept_the_same_and_refuse_in_the_same_words(
    control_plane: ControlPlane, tmp_path: Path, told: Callable[[str], None]
) -> None:
    cases = [case for case in (*each_alone(), *each_pair(), *mixed()) if not any_free_port(case)]

    compared = []
    for case, answer in zip(cases, answers(control_plane, tmp_path, map(nested, cases)), strict=True):
        said = [line for prefix, found in answer.environments.items() for line in program_says(prefix, found)]
        compared.append((case, sorted(map(of_a_port, said)), sorted(answer.complaints)))

    refused = sum(bool(said) for _, said, _ in compared)
    told(f"values judged by chart and programs alike: {len(cases)}, of which {refused} are refused")
    assert [case for case in compared if case[1] != case[2]] == []
    assert len(cases) / 5 < refused < len(cases) * 4 / 5


def any_free_port(case: Json) -> bool:
    """The chart is stricter: a Service does not find a port that may be any."""
    return any(path.lower().endswith("port") and value == 0 for path, value in case.items())


def of_a_port(sentence: str) -> str:
    return sentence.replace("from 0 to 65535", "from 1 to 65535")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        pytest.param(
            {"settings.maxTTL": "720h"},
            "settings.defaultTTL must not be more than settings.maxTTL: lower the one or raise the other",
            id="the longest life below the default one",
        ),
        pytest.param(
            {"settings.maxTTL": "9000h"}, "settings.maxTTL must be a duration from 1s to 8784h", id="too long"
        ),
        pytest.param({"settings.defaultTTL": "90d"}, "settings.defaultTTL must be a duration from 1s", id="days"),
        pytest.param(
            {"verifier.settings.auditClientHeader": "Cookie"},
            "verifier.settings.auditClientHeader must not name a header that holds secrets",
            id="a header that holds secrets",
        ),
        pytest.param(
            {"settings.resyncInterval": "1h"}, "settings.resyncInterval must be a duration from 5s", id="resync"
        ),
        pytest.param(
            {"settings.defaultWindow": "48h"}, "defaultWindow must be a duration from 1s to 24h", id="a window"
        ),
        pytest.param(
            {"settings.leaseDuration": "5s"},
            "settings.leaseRenewDeadline must be less than settings.leaseDuration: lower the one or raise the other",
            id="a lease that ends before it is renewed",
        ),
        pytest.param(
            {"settings.probeFirst": "10m"}, "settings.probeFirst must be a duration from 1s to 5m", id="a late look"
        ),
        pytest.param(
            {"settings.argon2MemoryKib": 10000},
            "settings.argon2MemoryKib, settings.argon2TimeCost: Argon2id parameters are too weak",
            id="a weak proof",
        ),
        pytest.param(
            {"verifier.settings.viewBound": "30s"},
            "verifier.settings.watchTimeout must be less than verifier.settings.viewBound",
            id="a view older than a watch lasts",
        ),
        pytest.param(
            {"verifier.settings.idleTimeout": "1h"}, "idleTimeout must be a duration from 5s to 10m", id="idle"
        ),
        pytest.param(
            {"verifier.settings.refuseIssuedBefore": "yesterday"},
            "verifier.settings.refuseIssuedBefore must be a time such as 2027-01-31T00:00:00Z, or empty",
            id="a day that is no time",
        ),
        pytest.param({"settings.healthPort": 0}, "settings.healthPort must be a whole number from 1", id="any port"),
        pytest.param({"settings.leaseName": " a "}, "settings.leaseName must be the name of a Lease", id="blanks"),
        pytest.param({"settings.gitopsLabels": ["a,b"]}, "settings.gitopsLabels must be a list", id="two in one"),
    ],
)
def test_helm_refuses_what_a_program_would_not_start_with(
    control_plane: ControlPlane, values: Json, sentence: str
) -> None:
    with pytest.raises(ProcessError, match=re.escape(sentence)):
        rendered(control_plane, nested(values))


def test_everything_that_is_wrong_is_told_at_once(control_plane: ControlPlane) -> None:
    with pytest.raises(ProcessError) as refused:
        rendered(control_plane, nested({"settings.workers": 65, "image.tag": "a b", "verifier.settings.port": 70000}))

    said = [line for line in str(refused.value).splitlines() if " must be " in line]
    assert [line.split()[0] for line in said] == ["image.tag", "settings.workers", "verifier.settings.port"]
