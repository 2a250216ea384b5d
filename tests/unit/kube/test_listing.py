"""A list is cut into its items however its bytes come; what cannot be cut early is read at the end."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.errors import InvalidObjectError
from pharia_access.kube.listing import ListReader

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


OURS = {"apiVersion": "access.pharia.ai/v1alpha1", "kind": "ApiToken"}
A_FIELD_LIKE_AN_ITEM = {"managedFields": [{"apiVersion": "x"}, {**OURS, "note": '},{"apiVersion":"'}, OURS]}
METADATA = {"continue": "p2", "resourceVersion": "10"}


def items(count: int, **fields: object) -> list[dict[str, Any]]:
    return [{**OURS, "metadata": {"name": f"t{number}", **fields}} for number in range(count)]


def in_go(body: object) -> bytes:
    """As the API server writes objects: keys in their order, no spaces."""
    return json.dumps(body, separators=(",", ":"), sort_keys=True).encode()


def read(body: bytes, size: int) -> tuple[list[Any], int, str]:
    """The items, how many of them came before the end, and the version."""
    reader = ListReader()
    early: list[msgspec.Raw] = []
    for start in range(0, len(body), size):
        early += reader.feed(body[start : start + size])
    last = reader.end()
    return [json.loads(bytes(item)) for item in [*early, *last.items]], len(early), last.metadata.resource_version


def a_list(members: list[Any]) -> dict[str, Any]:
    return {"apiVersion": OURS["apiVersion"], "items": members, "kind": "ApiTokenList", "metadata": METADATA}


@pytest.mark.parametrize("size", [7, 1000, 65_536, 10_000_000])
@pytest.mark.parametrize("count", [0, 1, 2, 5000])
def test_every_item_comes_once_and_in_order(count: int, size: int) -> None:
    members = items(count, **A_FIELD_LIKE_AN_ITEM)

    assert read(in_go(a_list(members)), size)[::2] == (members, "10")


def test_a_long_list_is_never_held_as_a_whole() -> None:
    members = items(5000)
    _, early, _ = read(in_go(a_list(members)), 16_384)

    assert early > 0.8 * len(members)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(json.dumps(a_list(items(3000))).encode(), id="with spaces"),
        pytest.param(in_go({"items": items(3000), "metadata": METADATA}), id="its items first"),
        pytest.param(json.dumps({"metadata": METADATA, "items": items(3000)}).encode(), id="its metadata first"),
        pytest.param(in_go(a_list([{"a": item} for item in items(3000)])), id="items that begin otherwise"),
        pytest.param(in_go(a_list(items(1, text="x" * 300_000) + items(2999))), id="a huge item"),
    ],
)
def test_another_order_or_form_costs_memory_and_loses_nothing(body: bytes) -> None:
    shown, _, version = read(body, 10_000)

    assert (len(shown), version) == (3000, "10")


@given(st.lists(st.recursive(st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))))
def test_whatever_the_items_are_they_are_what_the_list_holds(members: list[Any]) -> None:
    padded = [*members, *items(400, **A_FIELD_LIKE_AN_ITEM), *members]

    assert read(in_go(a_list(padded)), 5000)[0] == padded


@pytest.mark.parametrize("cut", [1, 30, 70_000, 200_000])
def test_a_list_that_ends_early_is_no_list(cut: int) -> None:
    body = in_go(a_list(items(5000)))
    with pytest.raises(InvalidObjectError):
        read(body[:cut], 16_384)
