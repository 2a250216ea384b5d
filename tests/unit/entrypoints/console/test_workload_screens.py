"""Workload tokens, listed, shown and created: what a page says of one, and what stands at a field."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pharia_access.domain.times import format_time
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_workloads import KEPT, a_child, a_workload, refused
from tests.support.builders.domain_objects import NOW
from tests.support.console.browser import BASE
from tests.support.console.consoles import signed_in

Json = dict[str, Any]
LIST = "/namespaces/finance/workload-tokens"
APP = f"{LIST}/{KEPT}"
NEW = "/namespaces/finance/new-workload-token"


def a_kept_cluster(status: Json | None = None, **spec: Any) -> FakeObjects:  # noqa: ANN401 - a field each
    used = format_time(NOW - timedelta(hours=2))
    return a_cluster().put(a_workload(status=status, **spec), a_child(6, lastUsedTime=used), a_child(7))


async def test_a_list_leads_to_each_one() -> None:
    opened = await signed_in(a_kept_cluster())

    shown = (await opened.browser.get(LIST)).document

    assert f"{BASE}{APP}" in shown.links
    assert "1 of 1 workload tokens in finance" in shown.text
    assert f"{KEPT}-7" in shown.by_id["workloads"]


async def test_a_list_is_filtered_and_an_empty_one_says_what_the_kind_is_for() -> None:
    opened = await signed_in(a_kept_cluster())

    none = (await opened.browser.get(f"{LIST}?q=nothing")).document
    by_secret = (await opened.browser.get(f"{LIST}?q=INVOICE")).document
    empty = (await (await signed_in()).browser.get(LIST)).document

    assert "No workload token fits the filter." in none.text
    assert f"{BASE}{APP}" in by_secret.links
    assert empty.by_id["empty"].startswith("There are no workload tokens in finance.")


async def test_a_page_shows_tokens_side_by_side_with_their_last_uses() -> None:
    opened = await signed_in(a_kept_cluster())

    shown = (await opened.browser.get(APP)).document

    assert shown.by_id["state"] == "Current"
    assert shown.by_id["secret"] == "invoice-bot, key token"
    tokens = shown.by_id["tokens"]
    assert tokens.index(f"{KEPT}-7") < tokens.index("in the Secret") < tokens.index(f"{KEPT}-6")
    assert "replaced" in tokens
    assert tokens.endswith("2 hours ago")


async def test_a_page_says_what_lets_the_operator_go_on() -> None:
    opened = await signed_in(a_kept_cluster(refused(KEPT, "NotDelegated", "the operator may not mint here")))

    shown = (await opened.browser.get(APP)).document

    assert shown.by_id["state"] == "Good: the operator may not mint here"
    assert f"kubectl access workload allow {KEPT} -n finance" in shown.text


async def test_a_page_names_the_fields_that_git_declares() -> None:
    body = a_workload(ttl="720h")
    fields: Json = {"f:spec": {"f:ttl": {}, "f:credentialRef": {}}}
    body["metadata"]["managedFields"] = [{"manager": "argocd-controller", "fieldsV1": fields}]
    opened = await signed_in(a_cluster().put(body))

    shown = (await opened.browser.get(APP)).document

    assert shown.by_id["git"] == "by argocd-controller: spec.credentialRef, spec.ttl"


async def test_tokens_that_may_not_be_listed_are_said_to_be_missing() -> None:
    objects = a_kept_cluster()
    objects.forbidden.add("list ApiToken")
    opened = await signed_in(objects)

    assert (await opened.browser.get(APP)).status == 200


async def test_a_token_leads_to_its_keeper_and_is_rotated_there() -> None:
    opened = await signed_in(a_kept_cluster())
    token = f"/namespaces/finance/tokens/{KEPT}-7"

    shown = (await opened.browser.get(token)).document
    rotation = await opened.browser.get(f"{token}/rotate")

    assert shown.by_id["keeper"] == f"workload token {KEPT}, which replaces it by itself"
    assert f"belongs to the workload token {KEPT}" in rotation.document.text
    assert f"{BASE}{APP}/rotate" in rotation.document.links


@pytest.mark.parametrize(
    ("fields", "spec"),
    [
        ({}, {}),
        ({"secret": "bot", "key": "PHARIA_TOKEN"}, {"secret": {"name": "bot", "key": "PHARIA_TOKEN"}}),
        ({"ttl": "30d", "renew-before": "10d"}, {"ttl": "720h", "renewBefore": "240h"}),
    ],
)
async def test_one_is_created_with_what_was_filled_in(fields: dict[str, str], spec: Json) -> None:
    opened = await signed_in()
    form = await opened.browser.get(NEW)

    given = [("name", "app"), ("credential", "invoice-bot"), *fields.items()]
    shown = await opened.browser.submit(form, "workload-form", *given)

    created = opened.objects.body("WorkloadToken", "app")["spec"]
    assert created == {"credentialRef": {"name": "invoice-bot"}, **spec}
    assert opened.browser.at == f"{BASE}{LIST}/app"
    assert shown.document.by_id["notice"].startswith("Workload token app was created.")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "App"),
        ("name", "a" * 53),
        ("credential", "../x"),
        ("secret", "No Name"),
        ("key", "../x"),
        ("ttl", "soon"),
        ("renew-before", "0s"),
    ],
)
async def test_what_is_wrong_stands_at_its_field(field: str, value: str) -> None:
    opened = await signed_in()
    form = await opened.browser.get(NEW)

    given = {"name": "app", "credential": "invoice-bot", field: value}
    shown = await opened.browser.submit(form, "workload-form", *given.items())

    assert shown.status == 422
    assert shown.document.by_id[f"{field}-error"]
    assert ("WorkloadToken", "finance", "app") not in opened.objects.bodies


async def test_who_may_not_mint_creates_none() -> None:
    objects = a_cluster()
    objects.forbidden.add("create apicredentials/token")
    opened = await signed_in(objects)
    form = await opened.browser.get(NEW)

    shown = await opened.browser.submit(form, "workload-form", ("name", "app"), ("credential", "invoice-bot"))

    assert shown.status == 403
    assert "You may not mint tokens under invoice-bot" in shown.document.text
