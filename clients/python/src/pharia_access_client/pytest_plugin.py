"""Fixtures for a service's tests; pytest finds them by itself once the package is installed."""

from collections.abc import Iterator

import pytest

from pharia_access_client.fake_verifier import FakeVerifier
from pharia_access_client.settings import VERIFIER_URL

__all__ = ["fake_verifier"]


@pytest.fixture
def fake_verifier(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeVerifier]:
    """A verifier that knows the tokens which the test issues; the environment names it."""
    with FakeVerifier() as verifier:
        monkeypatch.setenv(VERIFIER_URL, verifier.url)
        yield verifier
