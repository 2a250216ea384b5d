"""Rows of what is followed: as if all were read and judged anew, and made again only where something changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.administration.token_states import TokenState, state_of
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration.live_kinds import LiveKind
from pharia_access.services.administration.token_index import TokenIndex
from tests.support.administration.played_follower import PlayedClock
from tests.support.builders.domain_objects import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from pharia_access.services.administration.token_survey import TokenSurvey

DAY = timedelta(days=1)


def token(name: str, namespace: str = "finance") -> TokenSummary:
    return TokenSummary(
        ObjectKey(namespace, name),
        f"uid-{name}",
        "bot",
        NOW - DAY,
        phase="Active",
        minted=True,
        credential_uid="uid-bot",
        issued=NOW - DAY,
        ends=NOW + DAY,
    )


BOT = CredentialSummary(ObjectKey("finance", "bot"), "uid-bot", NOW - DAY, ("studio-user",))


class Kinds:
    """Two tokens of a credential, as they are followed."""

    def __init__(self) -> None:
        clock = PlayedClock()
        self.tokens = LiveKind[TokenSummary]("tokens", clock, lambda _: None)
        self.credentials = LiveKind[CredentialSummary]("credentials", clock, lambda _: None)
        self.index = TokenIndex()
        self.credentials.put(BOT)
        for name in ("beta", "alpha"):
            self.tokens.put(token(name))

    def survey(self, *, index: TokenIndex | None = None, unseen: ForbiddenError | None = None) -> TokenSurvey:
        return (index or self.index).survey(None, self.tokens, self.credentials, now=NOW, unseen=unseen)


def test_rows_are_in_order_and_judged_with_their_credential() -> None:
    survey = Kinds().survey()

    assert [row.token.key.name for row in survey.rows] == ["alpha", "beta"]
    assert {(state_of(row.token, NOW), row.roles) for row in survey.rows} == {(TokenState.ACTIVE, ("studio-user",))}
    assert (survey.namespace, survey.suspended, survey.read_at, survey.nothing) == (None, 0, NOW, None)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda kinds: kinds.tokens.put(token("aaa")), id="a token came"),
        pytest.param(lambda kinds: kinds.tokens.put(token("ci", "a-namespace")), id="one came before all"),
        pytest.param(lambda kinds: kinds.tokens.put(replace(token("beta"), revoked=True)), id="a token was revoked"),
        pytest.param(lambda kinds: kinds.tokens.drop("finance/alpha"), id="a token went"),
        pytest.param(lambda kinds: kinds.credentials.put(replace(BOT, suspended=True)), id="it was suspended"),
        pytest.param(lambda kinds: kinds.credentials.put(replace(BOT, roles=())), id="it lost its roles"),
        pytest.param(lambda kinds: kinds.credentials.drop("finance/bot"), id="it was deleted"),
        pytest.param(lambda kinds: kinds.tokens.listed(()), id="all tokens went"),
    ],
)
def test_after_a_change_rows_are_what_reading_all_anew_gives(change: Callable[[Kinds], None]) -> None:
    kinds = Kinds()
    before = kinds.survey()

    change(kinds)

    after = kinds.survey()
    assert after == kinds.survey(index=TokenIndex())
    assert after != before


def test_the_next_end_is_that_of_the_first_row_that_has_not_ended() -> None:
    kinds = Kinds()
    kinds.tokens.put(replace(token("gone"), ends=NOW - DAY))
    kinds.tokens.put(replace(token("later"), ends=NOW + 2 * DAY))
    kinds.tokens.put(replace(token("endless"), ends=None))

    survey = kinds.survey()

    nexts = [survey.next_end(now) for now in (NOW - 2 * DAY, NOW, NOW + DAY, NOW + 2 * DAY)]
    assert nexts == [NOW - DAY, NOW + DAY, NOW + 2 * DAY, None]


def test_what_did_not_change_is_not_made_again() -> None:
    kinds = Kinds()
    alpha, _ = kinds.survey().rows

    assert kinds.survey().rows[0] is alpha
    kinds.tokens.put(replace(token("beta"), revoked=True))
    assert kinds.survey().rows[0] is alpha


def test_without_credentials_what_the_operator_noted_counts() -> None:
    kinds, refused = Kinds(), ForbiddenError("no")
    kinds.credentials.drop("finance/bot")

    survey = kinds.survey(unseen=refused)

    assert survey.unseen is refused
    assert {(state_of(row.token, NOW), row.roles) for row in survey.rows} == {(TokenState.ACTIVE, None)}
