"""Ticked tokens, ended together: all are named, their number is typed, and what became of each is shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pharia_access.domain.times import format_time
from pharia_access.errors import InvalidError
from tests.support.administration.credential_cluster import a_cluster
from tests.support.builders.domain_objects import NOW
from tests.support.console.browser import BASE, Received
from tests.support.console.consoles import Opened, signed_in
from tools.control_plane.resources import api_token

LIST = "/namespaces/finance/tokens"
ENDED = "/tokens/ended"


async def ticked(opened: Opened, act: str, *names: str, query: str = "") -> Received:
    """Tick these in the list and press the button."""
    shown = await opened.browser.get(f"{LIST}{query}")
    form = shown.document.forms["ticked"]
    sent = [*form.fields, ("act", act), *(("token", f"finance/{name}") for name in names)]
    return await opened.browser.post(form.action.removeprefix(BASE), sent)


def revoked(opened: Opened) -> list[str]:
    bodies = opened.objects.bodies.items()
    return [name for (kind, _, name), body in bodies if kind == "ApiToken" and body["spec"].get("revoked")]


async def test_the_question_names_all_counts_those_used_lately_and_asks_for_their_number() -> None:
    opened = await signed_in(a_cluster(tokens=3))
    used = format_time(NOW - timedelta(days=6))
    opened.objects.body("ApiToken", "ci-2")["status"]["lastUsedTime"] = used

    asked = (await ticked(opened, "revoke", "ci-0", "ci-2")).document

    assert asked.by_id["title"] == "Revoke 2 tokens"
    assert "These 2 tokens are refused from now on, for good." in asked.text
    assert "2 tokens. Used within the last week: 1." in asked.by_id["affected"]
    assert asked.by_id["affected"].index("finance/ci-2") < asked.by_id["affected"].index("finance/ci-0")
    assert "Type 2 to confirm" in asked.text
    assert "kubectl access token revoke ci-0 ci-2 -n finance --context test" in asked.text
    assert revoked(opened) == []


async def test_they_are_revoked_once_their_number_is_typed() -> None:
    opened = await signed_in(a_cluster(tokens=3))
    asked = await ticked(opened, "revoke", "ci-0", "ci-2", query="?q=ci&sort=-name")

    mistyped = await opened.browser.submit(asked, "confirmation", ("typed", "3"))
    assert mistyped.document.by_id["typed-error"] == "This is not the number."
    assert revoked(opened) == []
    shown = await opened.browser.submit(mistyped, "confirmation", ("typed", "2"), ("reason", "a leak"))

    assert revoked(opened) == ["ci-0", "ci-2"]
    assert opened.objects.body("ApiToken", "ci-0")["spec"]["revocationReason"] == "a leak"
    assert shown.document.by_id["title"] == "What became of the tokens"
    assert "finance/ci-0 Revoked finance/ci-2 Revoked" in shown.document.by_id["outcomes"]
    assert f"{BASE}{LIST}?q=ci&sort=-name" in shown.document.links


async def test_one_fails_the_others_go_on_and_each_is_told() -> None:
    opened = await signed_in(a_cluster(tokens=3))
    asked = await ticked(opened, "revoke", "ci-0", "ci-1", "ci-2")
    opened.objects.refused["patch ApiToken"] = InvalidError("the API server says no")

    shown = await opened.browser.submit(asked, "confirmation", ("typed", "3"))

    assert revoked(opened) == ["ci-1", "ci-2"]
    assert shown.document.by_id["title"] == "1 token failed"
    told = shown.document.by_id["outcomes"]
    assert "finance/ci-0 The API server says no. finance/ci-1 Revoked finance/ci-2 Revoked" in told


async def test_a_form_that_is_sent_twice_does_nothing_the_second_time() -> None:
    opened = await signed_in(a_cluster(tokens=2))
    asked = await ticked(opened, "revoke", "ci-0", "ci-1")
    await opened.browser.submit(asked, "confirmation", ("typed", "2"))
    before = dict(opened.objects.bodies)

    again = await opened.browser.submit(asked, "confirmation", ("typed", "2"))

    assert opened.objects.bodies == before
    assert again.document.by_id["title"] == "Nothing to revoke"
    assert "Stays: it is revoked already." in again.document.by_id["outcomes"]


async def test_what_was_ended_meanwhile_is_asked_again_with_what_is_left() -> None:
    opened = await signed_in(a_cluster(tokens=2))
    asked = await ticked(opened, "revoke", "ci-0", "ci-1")
    opened.objects.body("ApiToken", "ci-0")["spec"]["revoked"] = True

    again = await opened.browser.submit(asked, "confirmation", ("typed", "2"))

    assert again.status == 409
    assert again.document.by_id["changed"].startswith("Something changed since you were asked.")
    assert again.document.by_id["title"] == "Revoke 1 token"
    assert again.document.by_id["kept"] == "finance/ci-0: it is revoked already."
    assert revoked(opened) == ["ci-0"]


async def test_only_ended_ones_are_deleted_and_the_others_are_said_to_stay() -> None:
    opened = await signed_in(a_cluster(tokens=1))
    old = api_token("finance", "old")
    end = format_time(NOW - timedelta(hours=1))
    opened.objects.put({**old, "status": {"phase": "Failed", "endsAt": end}})

    asked = await ticked(opened, "delete", "ci-0", "old")
    assert asked.document.by_id["title"] == "Delete 1 token"
    assert asked.document.by_id["kept"] == "finance/ci-0: it may be used still."
    shown = await opened.browser.submit(asked, "confirmation", ("typed", "1"))

    assert "finance/old Deleted" in shown.document.by_id["outcomes"]
    assert ("ApiToken", "finance", "old") not in opened.objects.bodies
    assert ("ApiToken", "finance", "ci-0") in opened.objects.bodies


async def test_who_ticks_nothing_is_told_so_on_the_same_list() -> None:
    opened = await signed_in(a_cluster(tokens=1))

    shown = await ticked(opened, "revoke", query="?q=ci")

    assert shown.document.by_id["notice"] == "No token was ticked."
    assert opened.browser.at == f"{BASE}{LIST}?q=ci"


async def test_a_right_that_is_missing_is_named_before_anything_is_asked() -> None:
    opened = await signed_in(a_cluster(tokens=1))
    opened.objects.forbidden |= {"patch apitokens/", "patch apitokens/ci-0"}

    shown = await ticked(opened, "revoke", "ci-0")

    assert shown.document.by_id["title"] == "Nothing to revoke"
    assert "this needs the verb patch on apitokens.access.pharia.ai" in shown.document.by_id["outcomes"]


async def test_a_hundred_tokens_can_be_ticked() -> None:
    opened = await signed_in(a_cluster(tokens=100))

    asked = await ticked(opened, "revoke", *(f"ci-{number}" for number in range(100)))
    await opened.browser.submit(asked, "confirmation", ("typed", "100"))

    assert len(revoked(opened)) == 100


async def test_tokens_of_several_namespaces_have_no_one_command() -> None:
    opened = await signed_in(a_cluster(tokens=1).put(api_token("hr", "other")))

    asked = await opened.browser.post(ENDED, [("act", "revoke"), ("token", "finance/ci-0"), ("token", "hr/other")])

    assert asked.document.by_id["title"] == "Revoke 2 tokens"
    assert "kubectl access" not in asked.document.text


async def test_nothing_was_done_yet() -> None:
    opened = await signed_in()

    shown = await opened.browser.get(ENDED)

    assert shown.document.by_id["empty"] == "Nothing was done to several tokens in this session."
    assert shown.document.by_id["back"] == "Back to the tokens"


@pytest.mark.parametrize(
    "fields",
    [
        [("act", "burn"), ("token", "finance/ci-0")],
        [("act", "revoke"), ("token", "ci-0")],
        [("act", "revoke"), ("token", "finance/../ci-0")],
        [("act", "revoke"), ("token", "fin ance/ci-0")],
    ],
)
async def test_what_our_page_does_not_send_is_refused(fields: list[tuple[str, str]]) -> None:
    opened = await signed_in()

    shown = await opened.browser.post(ENDED, fields)

    assert shown.status == 400
    assert revoked(opened) == []


@pytest.mark.parametrize("scope", ["//evil.example", "../..", "a b"])
async def test_the_way_back_is_one_of_ours(scope: str) -> None:
    opened = await signed_in()

    shown = await opened.browser.post(ENDED, [("act", "revoke"), ("scope", scope), ("query", "//evil.example&q=x")])

    assert shown.at == f"{BASE}/tokens?q=x"
