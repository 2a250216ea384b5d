"""The page that says what becomes of a token without a mint has every reason there is, and the code's bounds."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.lifecycle.decisions import Mint, WriteStatus
from pharia_access.domain.lifecycle.token_rules import decide
from pharia_access.domain.lifecycle.token_status import Outcome, status_of
from pharia_access.domain.model import Phase, Policy, Reason, Token
from tests.support.builders.domain_objects import NOW, a_token
from tests.support.builders.observations import observed

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs/explanation/a-tokens-life.md"
BOUND = Policy().pending_bound
MARK = {"velero.io/restore-name": "x"}

OF_A_MINT = {Reason.ISSUED, Reason.EXPIRING_SOON}
OF_A_DELIVERY = {
    Reason.AVAILABLE,
    Reason.COLLECTED,
    Reason.WINDOW_CLOSED,
    Reason.WITHDRAWN,
    Reason.NOT_DELIVERED,
    Reason.WITHDRAWAL_HELD,
}
OF_A_WORKLOAD = {
    Reason.CURRENT,
    Reason.ROTATING,
    Reason.NOT_DELEGATED,
    Reason.TOO_MANY_LIVE,
    Reason.RENEWAL_OVERDUE,
    Reason.TOKEN_ENDED,
    Reason.PREVIOUS_IN_USE,
    Reason.NONE_IN_USE,
    Reason.ROTATED,
    Reason.GIVEN_UP,
    Reason.ENDED_EARLY,
}
OF_A_CREDENTIAL = {Reason.ALL_ROLES_RESOLVE, Reason.UNKNOWN_ROLES, Reason.ROLES_NOT_ALLOWED, Reason.SUSPENDED}


def rows() -> Iterator[tuple[str, Reason, str]]:
    """Phase, reason and bound, as the page has them."""
    section = PAGE.read_text().split("## Without a mint")[1].split("\n## ")[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5:
            yield from ((cells[0], Reason(name), cells[4]) for name in re.findall(r"`(\w+)`", cells[1]))


ROWS = [pytest.param(*row, id=row[1]) for row in rows()]


def a_token_with(phase: Phase, reason: Reason, *, generation: int = 1) -> Token:
    outcome = Outcome(phase, reason, "Words.", stalled=phase is Phase.FAILED)
    token = a_token(labels=MARK if reason is Reason.RESTORED else {})
    return replace(token, status=status_of(token, outcome, NOW), generation=generation)


def test_the_page_has_every_reason_that_a_token_without_a_mint_can_have() -> None:
    told = [reason for _, reason, _ in rows()]

    assert len(told) == len(set(told))
    assert set(told) == set(Reason) - OF_A_MINT - OF_A_DELIVERY - OF_A_CREDENTIAL - OF_A_WORKLOAD


@pytest.mark.parametrize(("phase", "reason", "until"), ROWS)
def test_it_waits_as_long_as_the_page_says(phase: str, reason: Reason, until: str) -> None:
    """With nothing in the way any more, before and after the bound; its spec was edited meanwhile."""
    if reason is Reason.INVALID_SPEC:
        assert until == "no bound of its own"  # nobody decides about what cannot be understood
        return
    token = a_token_with(Phase(phase), reason, generation=2)
    before, after = (decide(observed(token), NOW + BOUND + late) for late in (-timedelta(seconds=1), timedelta(0)))

    match until:
        case "the bound":
            assert isinstance(before, Mint)
            assert isinstance(after, WriteStatus)
            assert (after.status.phase, after.status.hash) == (Phase.FAILED, None)
        case "for good":
            assert not isinstance(before, Mint)
            assert not isinstance(after, Mint)
        case "no bound":
            assert token.status.pending_since is None
            assert isinstance(decide(observed(replace(token, labels={})), NOW + 100 * BOUND), Mint)
            assert not isinstance(after, Mint)
        case _:
            pytest.fail(f"the page says {until!r}")


def test_what_no_operator_has_seen_is_minted_whenever_one_comes() -> None:
    assert isinstance(decide(observed(a_token()), NOW + 100 * BOUND), Mint)
