"""The guide to introspection: what it shows is what was run, and what it says was found then."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pharia_access.domain.token import holds_token
from tools.introspection.proxies import PROXIES
from tools.introspection.services import SERVICES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "clients" / "introspection"
PAGE = (ROOT / "docs" / "how-to" / "introspect-tokens.md").read_text(encoding="utf-8")
RESULTS = (ROOT / "bench" / "results" / "introspection-clients.md").read_text(encoding="utf-8")
SHOWN = re.compile(
    r"^\[`clients/introspection/(\S+)`\]\(\.\./\.\./clients/introspection/\1\):\n\n```\w+\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
NOT_SHOWN = {".gitignore", "package.json", "package-lock.json", "go.mod", "go.sum"}
BUILT = {"target", "node_modules", "__pycache__"}


def rows(heading: str) -> list[list[str]]:
    """The rows of the table below a heading of the results, its heads first."""
    section = RESULTS.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [line.strip("| ").split(" | ") for line in lines]


def in_words(seconds: str) -> str:
    """As the guide says it, which need not change when a measurement does by a little."""
    if seconds.startswith("more than"):
        return f"after {seconds} s"
    most = next(bound for bound in (1, 2, 11, 61) if float(seconds) < bound)
    return "at once" if most == 1 else f"within {most} s"


def test_every_file_that_was_run_is_shown_as_it_is_or_linked() -> None:
    shown = dict(SHOWN.findall(PAGE))
    files = [path for path in FOLDER.rglob("*") if path.is_file() and not BUILT & set(path.parts)]
    named = {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in files}

    assert len(shown) > 8
    assert {name: text for name, text in named.items() if name in shown} == shown
    unseen = [name for name in named if name not in shown and Path(name).name not in NOT_SHOWN]
    assert [name for name in unseen if f"(../../clients/introspection/{name})" not in PAGE] == []


def test_every_client_was_tried() -> None:
    assert [row[0] for row in rows("What each answers")[1:]] == [client.name for client in (*SERVICES, *PROXIES)]


@pytest.mark.parametrize("row", rows("What each answers")[1:], ids=lambda row: row[0])
def test_a_good_token_passed_and_no_other_did(row: list[str]) -> None:
    statuses = dict(zip(rows("What each answers")[0], row, strict=True))

    passed = [situation for situation, status in statuses.items() if status == "200"]
    assert passed in (["good"], ["good", "two tokens"])


def test_no_fault_let_anybody_in_but_the_one_that_the_guide_names() -> None:
    heads, *faults = rows("What each makes of faults")
    let_in = {
        (fault[0], client) for fault in faults for client, told in zip(heads, fault, strict=True) if told == "200"
    }

    assert let_in == {("500 with the good answer", "mod_auth_openidc")}
    assert "It does not look at the status" in PAGE


def test_the_guide_says_how_long_a_revoked_token_passed_as_it_was_measured() -> None:
    measured = [
        [client, setting, in_words(seconds)]
        for client, setting, seconds in rows("How long a revoked token still passes")[1:]
    ]

    assert [row for row in measured if f"| {' | '.join(row)} |" not in PAGE] == []
    assert PAGE.count(" | at once |") + PAGE.count(" | within ") + PAGE.count(" | after more than ") == len(measured)


@pytest.mark.parametrize("client", ["Spring Security", "Go", "mod_auth_openidc", "mod_oauth2", "Oathkeeper", "Django"])
def test_no_token_is_found_where_a_client_is_set_up_as_shown(client: str) -> None:
    kept = [
        where
        for name, setting, where in rows("Where tokens are found afterwards")[1:]
        if (name, setting) == (client, "as shown")
    ]

    assert kept == ["none"]


def test_the_guide_warns_of_each_client_that_kept_a_token_in_a_file() -> None:
    found = rows("Where tokens are found afterwards")[1:]

    keeping = {(client, where) for client, _, where in found if where.endswith((".sqlite3`", ".log`"))}
    assert keeping == {("Django", "`django/database.sqlite3`"), ("Oathkeeper, its defaults", "`client.log`")}
    assert "stores each token in clear" in PAGE
    assert "logs its whole configuration" in PAGE


def test_the_results_hold_no_token() -> None:
    assert not holds_token(RESULTS)
