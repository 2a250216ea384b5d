"""What to look at first: counts that lead to what they count, what ends soon, and what waits for a person."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_bodies import an_active_token
from tests.support.console.browser import BASE
from tests.support.console.consoles import signed_in
from tools.control_plane.resources import api_credential, api_token

HERE = "/namespaces/finance/overview"
DAY = timedelta(days=1)


def token(
    name: str,
    *,
    left: timedelta = 30 * DAY,
    labels: dict[str, str] | None = None,
    **spec: Any,  # noqa: ANN401 - a field each
) -> dict[str, Any]:
    status = {"tokenID": "q7c3q7c3q7c3q7c3", "hash": "x", "credential": {"name": "invoice-bot", "uid": "uid-c"}}
    body = api_token("finance", name, **spec)
    body["metadata"]["labels"] = labels or {}
    return an_active_token(body, left=left, **status)


def a_cluster() -> FakeObjects:
    """One of each that is counted."""
    good, stopped = api_credential("finance"), api_credential("finance", "stopped", suspended=True)
    good["metadata"]["uid"] = stopped["metadata"]["uid"] = "uid-c"
    waiting = token("waits")
    waiting["status"]["delivery"] = {"state": "Available"}
    failed = api_token("finance", "failed")
    ready = {"type": "Ready", "status": "False", "reason": "TTLTooLong", "message": "lives too long"}
    failed["status"] = {"phase": "Failed", "conditions": [ready]}
    replaced = {"access.pharia.ai/replaces": "later"}
    return FakeObjects().put(
        good,
        stopped,
        waiting,
        failed,
        token("sooner", left=DAY),
        token("later", left=3 * DAY),
        token("new", labels=replaced),
        token("barred", credentialRef={"name": "stopped"}),
    )


async def test_each_count_leads_to_as_many_tokens_as_it_says() -> None:
    opened = await signed_in(a_cluster())
    shown = (await opened.browser.get(HERE)).document
    counts = [link for link in shown.links if "/tokens?" in link]
    numbers = re.findall(r"(\d+) [A-Z]", shown.by_id["counts"])

    found = []
    for link in counts:
        listed = (await opened.browser.get(link.removeprefix(BASE))).document
        found.append(str(len([each for each in listed.links if f"{BASE}/namespaces/finance/tokens/" in each])))

    assert found == numbers == ["4", "2", "4", "1", "1", "1"]
    assert "1 Stopped: credential suspended (1 credential)" in shown.by_id["counts"]


async def test_what_ends_first_comes_first_with_what_replaces_it() -> None:
    opened = await signed_in(a_cluster())

    shown = (await opened.browser.get(HERE)).document

    told = shown.by_id["ending"]
    assert re.search(r"sooner in 1 day .* nothing: rotate sooner later in 3 days .* new$", told)


async def test_what_waits_for_a_person_says_why() -> None:
    opened = await signed_in(a_cluster())

    shown = (await opened.browser.get(HERE)).document

    assert "failed Failed: lives too long" in shown.by_id["stuck"]


async def test_where_nothing_is_there_is_said_to_be_nothing() -> None:
    opened = await signed_in(FakeObjects())

    shown = (await opened.browser.get(HERE)).document

    assert shown.by_id["none-ends"] == "No active token ends within 7 days."
    assert shown.by_id["none-stuck"] == "No token is stalled or failed."


async def test_all_namespaces_are_counted_together() -> None:
    opened = await signed_in(a_cluster().put(api_token("hr", "failed", revoked=False)))

    shown = (await opened.browser.get("/overview")).document

    assert "all namespaces" in shown.by_id["scope"]
    assert f"{BASE}/tokens?state=needs-you" in shown.links
    assert "finance/failed" in shown.by_id["stuck"]
    assert "kubectl access audit -A --context test" in shown.text


@pytest.mark.parametrize(("path", "right"), [(HERE, "list ApiToken"), ("/overview", "list all ApiToken")])
async def test_who_may_not_list_sees_no_counts_of_nothing(path: str, right: str) -> None:
    opened = await signed_in(a_cluster())
    opened.objects.forbidden.add(right)

    shown = await opened.browser.get(path)

    assert shown.status == 403
    assert "Whether there are tokens is not known." in shown.document.text
    assert "counts" not in shown.document.by_id


async def test_without_credentials_it_is_said_that_suspension_is_not_shown() -> None:
    opened = await signed_in(a_cluster())
    opened.objects.forbidden.add("list ApiCredential")

    shown = (await opened.browser.get(HERE)).document

    assert shown.by_id["unseen"].startswith("Whether a credential is suspended is not shown.")
