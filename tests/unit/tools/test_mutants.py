"""Small mistakes, made one at a time: where they are made, which are drawn, who is asked, and what is told."""

from __future__ import annotations

from collections import Counter
from difflib import unified_diff
from math import inf
from pathlib import Path
from textwrap import dedent

import pytest

from bench.mutants import mutation_run
from bench.mutants.mutant_report import Fate, Tried, page
from bench.mutants.mutant_sites import Site, sites
from bench.mutants.mutant_tests import TestMap
from bench.mutants.mutation_run import Shadow, draw

FILE = Path("src/pharia_access/domain/x.py")
PROGRAM = """\
    def most(asked: int, *, bulk: bool = False) -> int:
        return min(asked, 60) if asked > 5 else 0
"""
TEST = """\
    from pharia_access.x import most

    def test_it() -> None:
        assert most(10) == 10
"""


def found(tmp_path: Path, text: str) -> list[Site]:
    file = tmp_path / "x.py"
    file.write_text(dedent(text))
    return sites(file)


def changed(site: Site) -> str:
    """The lines that are new."""
    lines = unified_diff(site.path.read_text().splitlines(), site.source().splitlines(), n=0, lineterm="")
    return "\n".join(line[1:].strip() for line in list(lines)[2:] if line.startswith("+"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("queue.add(work)", {"pass"}, id="a call is dropped"),
        pytest.param("await queue.join()", {"pass"}, id="and one that is waited for"),
        pytest.param('log.info("it began", extra={"n": 1 + n})', {"pass"}, id="a log line is dropped, its words stay"),
        pytest.param("x = put(a, bulk=b)", {"x = put(a, )"}, id="a keyword argument is dropped"),
        pytest.param("return a < b", {"return a <= b", "return not (a < b)"}, id="a comparison"),
        pytest.param("return a and b", {"return a or b", "return not (a and b)"}, id="two conditions"),
        pytest.param("x = a + 1", {"x = a - 1", "x = a + 2"}, id="an operator and a number"),
        pytest.param("x = not a", {"x = a"}, id="a negation"),
        pytest.param("x = True", {"x = False"}, id="a truth value"),
        pytest.param("x += a", {"x -= a", "x = a"}, id="an addition"),
        pytest.param(
            "x = a if b else c", {"x = a if (b) and False else c", "x = a if (b) or True else c"}, id="a choice"
        ),
    ],
)
def test_a_mistake_is_made_of(tmp_path: Path, line: str, expected: set[str]) -> None:
    text = f"async def f(a, b, c, queue, work):\n    x = a\n    {line}\n"

    assert {changed(site) for site in found(tmp_path, text)} == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('x = log.warning("a watch ended", extra={"n": 1 + n})\n', id="what is logged"),
        pytest.param('raise ValueError(f"{1 + n} is too much")\n', id="an error's words"),
        pytest.param("import a\nfrom b import c\n", id="imports"),
        pytest.param('"""What it is, 1 + 1."""\n__all__ = ["a"]\nx: Literal[1] = y\n', id="words and types"),
        pytest.param("@dataclass(frozen=True, slots=True)\nclass A:\n    pass\n", id="decorators"),
    ],
)
def test_no_mistake_is_made_of(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, text) == []


def test_a_mistake_knows_its_lines_and_those_of_its_function(tmp_path: Path) -> None:
    text = "LIMIT = 5\n\n\ndef f(a: int) -> int:\n    b = a\n    return b + 1\n"

    where = {(site.operator, site.lines, site.function) for site in found(tmp_path, text)}

    assert ("operator_number", (1, 1), None) in where
    assert ("operator_number", (6, 6), (4, 6)) in where


def test_whoever_draws_by_the_same_seed_draws_the_same_and_fewer_are_the_first_of_more(tmp_path: Path) -> None:
    all_ = found(tmp_path, "\n".join(f"x = {number}" for number in range(100)))

    drawn = [site.lines for site in draw(all_, seed=1, count=30)]

    assert [site.lines for site in draw(all_, seed=1, count=10)] == drawn[:10]
    assert [site.lines for site in draw(all_, seed=2, count=30)] != drawn
    assert len(set(drawn)) == 30


NARROW, WIDE, NAMED = (f"tests/unit/domain/test_{name}.py::test_it" for name in ("narrow", "wide", "x"))


@pytest.mark.parametrize(
    ("lines", "function", "expected"),
    [
        pytest.param((5, 5), (4, 6), [NARROW, WIDE], id="of its line: who runs few lines is asked first"),
        pytest.param((6, 6), (4, 6), [NAMED, WIDE], id="who is named like the module is asked before"),
        pytest.param((4, 4), (4, 6), [NAMED, NARROW, WIDE], id="of its function, where the line is run at the import"),
        pytest.param((1, 1), None, [NAMED, NARROW, WIDE], id="of the file, at the level of the module"),
        pytest.param((9, 9), (8, 9), [], id="nobody, where no test runs it"),
    ],
)
def test_those_are_asked_that_run_it(
    lines: tuple[int, int], function: tuple[int, int] | None, expected: list[str]
) -> None:
    tests = TestMap({FILE: {1: [], 5: [NARROW, WIDE], 6: [WIDE, NAMED]}})
    module = sites_of_nothing(lines, function)

    assert tests.of(module) == expected


def sites_of_nothing(lines: tuple[int, int], function: tuple[int, int] | None) -> Site:
    return Site(FILE, "_negate", lines, function, None, None, None)  # type: ignore[arg-type] # only its lines are looked at


def test_a_mistake_is_killed_by_a_test_that_fails_and_undone_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = tmp_path / "src" / "pharia_access"
    sources.mkdir(parents=True)
    (sources / "__init__.py").touch()
    (sources / "x.py").write_text(dedent(PROGRAM))
    (tmp_path / "test_x.py").write_text(dedent(TEST))
    (tmp_path / "pytest.ini").touch()
    monkeypatch.setattr(mutation_run, "SRC", sources)
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)  # the copy has the package's name, and is none of it
    monkeypatch.chdir(tmp_path)
    shadow = Shadow.of(sources, tmp_path)
    of = {changed(site): site for site in sites(sources / "x.py")}
    killed, survived = (
        of["return min(asked, 60) if (asked > 5) and False else 0"],
        of["return min(asked, 61) if asked > 5 else 0"],
    )

    fates = [shadow.fate(site, ["test_x.py::test_it"]) for site in (killed, survived, killed)]

    assert fates == [Fate.KILLED, Fate.SURVIVED, Fate.KILLED]
    assert shadow.fate(killed, []) is Fate.UNTESTED
    assert (tmp_path / "pharia_access" / "x.py").read_text() == dedent(PROGRAM)


def test_what_was_noticed_before_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Site] = []

    def fate(_shadow: Shadow, site: Site, _tests: list[str]) -> Fate:
        asked.append(site)
        return Fate.SURVIVED

    monkeypatch.setattr(Shadow, "fate", fate)
    monkeypatch.setattr(mutation_run, "_NOTICED", tmp_path / "noticed.json")
    drawn = found(tmp_path, "x = 1\ny = 2\n")
    mutation_run.keep_noticed([Tried.of(drawn[0], Fate.TIMED_OUT), Tried.of(drawn[1], Fate.SURVIVED)])

    noticed = mutation_run.read_noticed()
    fates = list(mutation_run.tried(drawn, TestMap({}), until=inf, noticed=noticed))

    assert [one.fate for one in fates] == [Fate.KILLED, Fate.SURVIVED]
    assert asked == drawn[1:]


def test_a_run_ends_when_its_time_is_over(tmp_path: Path) -> None:
    drawn = found(tmp_path, "x = 1\n")

    assert list(mutation_run.tried(drawn, TestMap({}), until=-inf)) == []


def test_the_page_shows_each_runs_score_and_what_nobody_noticed_with_its_verdict() -> None:
    change = ("- return a < b", "+ return a <= b")
    fates = [
        Tried("domain/x.py", 3, "swap_op", change, Fate.SURVIVED),
        Tried("domain/x.py", 9, "drop_call", ("- f()", "+ pass"), Fate.UNTESTED),
        Tried("domain/y.py", 1, "number", ("- 1", "+ 2"), Fate.KILLED),
    ]
    counts = Counter({Fate.KILLED: 7, Fate.SURVIVED: 2, Fate.UNTESTED: 1})
    run = {"date": "2026-01-01", "commit": "abc", "seed": 1, "drawn": 10, "of": 99, "minutes": 1.5, "load": 1}
    run |= {fate.name.lower(): counts[fate] for fate in Fate}

    earlier = ("domain/z.py", "negate", "- if c:", "+ if not (c):")

    text = page([run], fates, {fates[0].what: "equal: a is never b", earlier: "a gap: see test_z.py"})

    assert "| 70.0% |" in text
    assert "equal: a is never b\n\n```diff\n- return a < b\n+ return a <= b\n```" in text
    assert "`domain/x.py` (drop_call, untested): not judged yet" in text
    assert "domain/y.py" not in text
    assert "a gap: see test_z.py" in text.partition("## Not noticed in an earlier run")[2]
