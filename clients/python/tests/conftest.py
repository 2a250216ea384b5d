"""What the tests with real frameworks share. The fake verifier's fixture comes from the installed package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access_client.fake_verifier import FakeVerifier

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def verifier() -> Iterator[FakeVerifier]:
    """A fake verifier for all tests of a file, since what asks it takes long to start."""
    with FakeVerifier() as running:
        yield running


@pytest.fixture(autouse=True)
def _answers(verifier: FakeVerifier) -> None:
    verifier.failing = None
