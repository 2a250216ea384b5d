"""A command or a rule in the documentation that names our kinds names all that it is about, and so do the policies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.support.security.guards import POLICIES

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
PAGES: Final = sorted(page for folder in ("how-to", "runbooks", "reference") for page in (DOCS / folder).glob("*.md"))
BLOCK: Final = re.compile(r"^```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITHOUT: Final = {
    "how-to/restore-a-backup.md": "a section of its own tells how WorkloadTokens come back",
    "reference/resources.md": "the team of the example keeps its tokens itself",
}
"""Pages whose lines are about credentials and tokens only, and why."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_is_done_with_credentials_and_tokens_is_done_with_workload_tokens(page: Path) -> None:
    assert _forgetful(page.read_text(encoding="utf-8")) == [] or str(page.relative_to(DOCS)) in WITHOUT


def test_every_exception_is_one() -> None:
    assert [name for name in WITHOUT if not _forgetful((DOCS / name).read_text(encoding="utf-8"))] == []


def test_who_installs_under_another_name_deletes_every_policy() -> None:
    page = (DOCS / "how-to" / "uninstall.md").read_text(encoding="utf-8")

    (command,) = re.findall(r"^\$ kubectl delete validatingadmission(?:.*\\\n)+.*$", page, re.MULTILINE)
    assert set(re.findall(r"[{,]([a-z-]+)(?=[,}])", command)) - {"validatingadmissionpolicies"} == set(POLICIES)


def _forgetful(page: str) -> list[str]:
    """The lines of its blocks that name both old kinds, and not the new one."""
    lines = [line for block in BLOCK.findall(page) for line in block.splitlines()]
    return [
        line
        for line in lines
        if {"apicredentials", "apitokens"} <= _words(line) and "workloadtokens" not in _words(line)
    ]


def _words(line: str) -> set[str]:
    return set(re.findall(r"[a-z]+", line))
