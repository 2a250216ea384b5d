"""Which tokens a person looks for, and in what order."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.administration.token_inventory import (
    SORTS,
    SecretState,
    TokenFilter,
    TokenRow,
    in_order,
    matching,
)
from pharia_access.domain.administration.token_states import state_of
from pharia_access.domain.model import ObjectKey
from tests.support.builders.domain_objects import NOW

DAY = timedelta(days=1)


def row(
    name: str = "ci",
    namespace: str = "finance",
    *,
    roles: tuple[str, ...] | None = (),
    **facts: Any,  # noqa: ANN401 - a field each
) -> TokenRow:
    """A token that is good for thirty days more, unless `facts` say otherwise."""
    token = TokenSummary(
        ObjectKey(namespace, name),
        f"uid-{name}",
        "invoice-bot",
        NOW - 60 * DAY,
        phase="Active",
        minted=True,
        issued=NOW - 60 * DAY,
        ends=NOW + 30 * DAY,
    )
    known = replace(token, **facts)
    return TokenRow(known, state_of(known, NOW), roles)


@pytest.mark.parametrize(
    ("wanted", "one", "fits"),
    [
        pytest.param({}, row(), True, id="nothing is asked"),
        pytest.param({"text": "CI"}, row(), True, id="a part of its name, in any case"),
        pytest.param({"text": "fina"}, row(), True, id="a part of its namespace"),
        pytest.param({"text": "bot"}, row(), True, id="a part of its credential"),
        pytest.param({"text": "q7c3"}, row(token_id="q7c3q7c3q7c3q7c3"), True, id="its ID"),
        pytest.param({"text": "nightly"}, row(description="the Nightly run"), True, id="its description"),
        pytest.param({"text": "studio"}, row(roles=("studio-user",)), True, id="a role"),
        pytest.param({"text": "studio"}, row(roles=None), False, id="roles that may not be seen"),
        pytest.param({"text": "ß"}, row(description="STRASSE"), True, id="as people read it"),
        pytest.param({"text": "x"}, row(), False, id="nowhere"),
        pytest.param({"namespace": "fin"}, row(), False, id="a namespace is named whole"),
        pytest.param({"namespace": "finance", "credential": "invoice-bot"}, row(), True, id="both"),
        pytest.param({"namespace": "finance", "credential": "other"}, row(), False, id="one of two"),
        pytest.param({"role": "studio-user"}, row(roles=("a", "studio-user")), True, id="its role"),
        pytest.param({"role": "studio-user"}, row(roles=None), False, id="its role, unseen"),
        pytest.param({"state": "active"}, row(), True, id="active"),
        pytest.param({"state": "ended"}, row(), False, id="not ended"),
        pytest.param({"ends_within": 30 * DAY}, row(), True, id="it ends in just this time"),
        pytest.param({"ends_within": 29 * DAY}, row(), False, id="it ends later"),
        pytest.param({"ends_within": DAY}, row(ends=NOW), False, id="it ended"),
        pytest.param({"ends_within": DAY}, row(ends=None), False, id="no end is known"),
        pytest.param({"unused_for": DAY}, row(last_used=NOW - DAY), True, id="unused for just this long"),
        pytest.param({"unused_for": DAY}, row(last_used=NOW - DAY / 2), False, id="used since"),
        pytest.param({"unused_for": 60 * DAY}, row(), True, id="never used since it was issued"),
        pytest.param({"unused_for": 61 * DAY}, row(), False, id="issued since"),
        pytest.param({"unused_for": DAY}, row(issued=None), False, id="never minted"),
        pytest.param({"never_used": True}, row(), True, id="never used"),
        pytest.param({"never_used": True}, row(last_used=NOW), False, id="used"),
        pytest.param({"never_used": True}, row(minted=False), False, id="nothing to use"),
        pytest.param({"secret": SecretState.WAITING}, row(delivery="Available"), True, id="waits"),
        pytest.param({"secret": SecretState.UNCOLLECTED}, row(delivery="Available"), True, id="waits, uncollected"),
        pytest.param({"secret": SecretState.UNCOLLECTED}, row(delivery="Withdrawn"), True, id="withdrawn, uncollected"),
        pytest.param({"secret": SecretState.WAITING}, row(delivery="Withdrawn"), False, id="withdrawn"),
        pytest.param({"secret": SecretState.COLLECTED}, row(delivery="Collected"), True, id="collected"),
        pytest.param({"secret": SecretState.UNCOLLECTED}, row(), False, id="no secret yet"),
        pytest.param({"in_git": True}, row(git="Argo CD"), True, id="declared in Git"),
        pytest.param({"in_git": False}, row(git="Argo CD"), False, id="not wanted from Git"),
        pytest.param({"in_git": True}, row(), False, id="not from Git"),
    ],
)
def test_a_token_is_found_by_what_is_asked_of_it(wanted: dict[str, Any], one: TokenRow, *, fits: bool) -> None:
    assert bool(matching([one], TokenFilter(**wanted), NOW)) is fits


def names(rows: list[TokenRow]) -> list[str]:
    return [each.token.key.name for each in rows]


def test_filters_are_independent_of_each_other() -> None:
    rows = [row("a", last_used=NOW), row("b"), row("c", ends=NOW + DAY), row("d", phase="Revoked")]

    wanted = TokenFilter(state="active", never_used=True, ends_within=7 * DAY)

    assert names(matching(rows, wanted, NOW)) == ["c"]


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_has_its_reverse_and_keeps_what_is_equal(sort: str) -> None:
    rows = [row("a"), row("b"), row("c")]

    if sort == "name":
        assert names(in_order(rows, sort, descending=True)) == ["c", "b", "a"]
    else:
        assert names(in_order(rows, sort)) == names(in_order(rows, sort, descending=True)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("used", ["old", "new", "never"]),
        ("-used", ["new", "old", "never"]),
        ("expires", ["new", "old", "never"]),
        ("created", ["never", "old", "new"]),
    ],
)
def test_what_has_no_value_comes_last_in_both_orders(sort: str, order: list[str]) -> None:
    rows = [
        row("never", ends=None, created=NOW - 9 * DAY),
        row("new", last_used=NOW, ends=NOW + DAY, created=NOW),
        row("old", last_used=NOW - DAY, ends=NOW + 2 * DAY, created=NOW - DAY),
    ]

    assert names(in_order(rows, sort.removeprefix("-"), descending=sort.startswith("-"))) == order
