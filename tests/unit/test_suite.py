"""The tests themselves: each of them can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.documents.assertions import read_sources, without_assertions

ROOT = Path(__file__).parents[2]

THAT_NOTHING_IS_RAISED = {
    "tests/unit/domain/test_argon2id.py::test_the_floor_lets_through_what_reaches_a_minimum",
}
"""Tests of which this is all. Its counterpart stands beside each: what is raised, and when."""


def test_every_test_asserts_something_itself_or_by_a_helper() -> None:
    assert set(without_assertions(read_sources(ROOT))) == THAT_NOTHING_IS_RAISED


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("assert ask()", id="an assertion"),
        pytest.param("with pytest.raises(ValueError):\n        ask()", id="an error that is expected"),
        pytest.param("mock.assert_called()", id="a mock's assertion"),
        pytest.param("own()", id="a helper of its file"),
        pytest.param("both()", id="a helper that calls one"),
        pytest.param("imported()", id="a helper by another name"),
        pytest.param("harness.check()", id="a method of a helper"),
    ],
)
def test_a_test_can_fail_by(body: str) -> None:
    assert without_assertions(sources(body)) == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("ask()", id="what it is about, alone"),
        pytest.param("theirs()", id="a function that another file has under the name of a helper"),
        pytest.param("asyncio.check()", id="a module's function with the name of a method"),
        pytest.param("harness.look()", id="a method that asserts nothing"),
        pytest.param("with asyncio.timeout(5):\n        ask()", id="a deadline"),
    ],
)
def test_a_test_cannot_fail_by(body: str) -> None:
    assert without_assertions(sources(body)) == ["tests/unit/test_x.py::test_it"]


def sources(body: str) -> dict[str, str]:
    """A test with this body, and helpers."""
    test = (
        "import asyncio\nimport pytest\nfrom tests.support.x import helps as imported, look as theirs\n"
        "def own():\n    assert True\ndef both():\n    own()\ndef look():\n    assert True\n"
        f"async def test_it(harness):\n    {body}\n"
    )
    support = (
        "def helps():\n    raise AssertionError\ndef look():\n    pass\n"
        "class Harness:\n    def check(self):\n        assert True\n    def look(self):\n        pass\n"
    )
    return {"tests/unit/test_x.py": test, "tests/support/x.py": support}
