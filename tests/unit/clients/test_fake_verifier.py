"""The package's fake verifier answers as the real one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.clients.exchanges import EXCHANGES, Exchange, played

if TYPE_CHECKING:
    from pharia_access_client.fake_verifier import FakeVerifier
    from tests.support.gateways.verifier_thread import VerifierThread


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda each: each.name)
def test_the_fake_gives_the_answer_of_the_table(
    exchange: Exchange, fake: FakeVerifier, fake_tokens: dict[str, str]
) -> None:
    assert played(exchange, fake.url, fake_tokens) == exchange.answer


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda each: each.name)
def test_the_real_verifier_gives_the_answer_of_the_table(
    exchange: Exchange, real: VerifierThread, real_tokens: dict[str, str]
) -> None:
    assert played(exchange, f"http://{real.address}", real_tokens) == exchange.answer
