"""The tokens of a namespace and of all, in the browser: found, sorted, turned over, and what one may not see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pharia_access.domain.times import format_time
from pharia_access.entrypoints.console import surveys
from pharia_access.errors import ForbiddenError
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW
from tests.support.console.browser import BASE, Received
from tests.support.console.consoles import Opened, signed_in
from tools.control_plane.resources import api_credential, api_token

HERE = "/namespaces/finance/tokens"
EVERYWHERE = "/tokens"
MINTED = {"hash": "x", "credential": {"name": "invoice-bot", "uid": "uid-c"}}
DAY = timedelta(days=1)


def token(name: str, namespace: str = "finance", *, left: timedelta = 10 * DAY, **status: Any) -> dict[str, Any]:  # noqa: ANN401
    minted = {"tokenID": f"{name:q<16}"[:16].replace("-", "q"), **MINTED, **status}
    return an_active_token(api_token(namespace, name), left=left, **minted)


def several() -> FakeObjects:
    """Tokens in two namespaces."""
    objects = FakeObjects(namespaces={"finance", "hr"})
    for namespace in ("finance", "hr"):
        credential = api_credential(namespace, roles=["studio-user"])
        credential["metadata"]["uid"] = "uid-c"
        objects.put(credential)
    used = format_time(NOW - 2 * DAY)
    return objects.put(token("alpha", left=DAY), token("beta", lastUsedTime=used), token("gamma", "hr"))


def many(count: int) -> FakeObjects:
    credential = api_credential("finance")
    credential["metadata"]["uid"] = "uid-c"
    return FakeObjects().put(credential, *(token(f"ci-{number:04}") for number in range(count)))


def names(shown: Received) -> list[str]:
    """The tokens on the page, in their order."""
    return [link.rpartition("/")[2] for link in shown.document.links if "/tokens/" in link]


async def test_a_namespace_shows_its_tokens_and_how_many_there_are() -> None:
    opened = await signed_in(several())

    shown = await opened.browser.get(HERE)

    assert names(shown) == ["alpha", "beta"]
    text = shown.document.by_id["tokens"]
    assert "Tokens 1 to 2 of 2; 2 in finance." in text
    assert "invoice-bot Active" in text
    assert "never seen in use" in text
    assert "kubectl access token list -n finance --context test" in shown.document.text


async def test_all_namespaces_are_shown_with_their_names() -> None:
    opened = await signed_in(several())

    shown = await opened.browser.get(EVERYWHERE)

    assert names(shown) == ["alpha", "beta", "gamma"]
    assert "Tokens 1 to 3 of 3; 3 in all namespaces." in shown.document.by_id["tokens"]
    assert "kubectl access token list -A --context test" in shown.document.text
    assert f"{BASE}{HERE}?" in shown.document.links


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ALP", ["alpha"]),
        ("state=active&ends=7d", ["alpha"]),
        ("unused=2d", ["alpha", "beta"]),
        ("used=never", ["alpha"]),
        ("role=studio-user&sort=-name", ["beta", "alpha"]),
        ("credential=none", []),
        ("sort=expires", ["alpha", "beta"]),
        ("sort=-used", ["beta", "alpha"]),
        ("sort=nonsense", ["alpha", "beta"]),
        ("git=yes", []),
        ("state=ended&secret=uncollected", []),
    ],
)
async def test_the_address_says_what_is_looked_for(query: str, found: list[str]) -> None:
    opened = await signed_in(several())

    shown = await opened.browser.get(f"{HERE}?{query}")

    assert names(shown) == found
    assert ("none-fits" in shown.document.by_id) is (found == [])


async def test_a_filter_is_kept_by_the_form_the_orders_and_the_files() -> None:
    opened = await signed_in(several())

    shown = await opened.browser.get(f"{HERE}?q=a&ends=90d&sort=expires")

    links = shown.document.links
    assert "?q=a&ends=90d&sort=-expires" in links
    assert f"{BASE}{HERE}.csv?q=a&ends=90d&sort=expires" in links
    assert f"{BASE}{EVERYWHERE}?q=a&ends=90d&sort=expires" in links
    fields = dict(shown.document.forms["filter"].fields)
    assert (fields["q"], fields["sort"]) == ("a", "expires")


async def test_what_there_is_no_filter_for_is_said_and_not_taken_for_nothing() -> None:
    opened = await signed_in(several())

    shown = await opened.browser.get(f"{HERE}?ends=soon&state=purple&page=x&unknown=1")

    assert shown.document.by_id["ignored"] == "! There is no such filter: ends=soon, state=purple.".removeprefix("! ")
    assert names(shown) == ["alpha", "beta"]


async def test_a_hundred_are_on_a_page_and_the_next_ones_on_the_next() -> None:
    opened = await signed_in(many(205))

    first = await opened.browser.get(HERE)
    last = await opened.browser.get(f"{HERE}?page=3")
    beyond = await opened.browser.get(f"{HERE}?page=99999999999999999999")

    assert len(names(first)) == 100
    assert "Tokens 1 to 100 of 205; 205 in finance." in first.document.by_id["tokens"]
    assert "?page=2" in first.document.links
    assert names(last) == names(beyond) == [f"ci-{number:04}" for number in range(200, 205)]
    assert "Page 3 of 3" in last.document.text


async def test_a_hundred_rows_stay_within_sixty_kilobytes() -> None:
    opened = await signed_in(many(100))

    shown = await opened.browser.get(HERE)

    assert len(shown.text.encode()) <= 60_000


async def test_who_may_list_one_namespace_only_sees_which_right_is_missing_for_all() -> None:
    opened = await signed_in(several())
    opened.objects.refused["list all ApiToken"] = forbidden()

    shown = await opened.browser.get(EVERYWHERE)

    assert shown.status == 403
    assert shown.document.by_id["title"] == "Tokens"
    told = shown.document.by_id["forbidden"]
    assert "anna may not list tokens in the whole cluster." in told
    assert "This needs the verb list on apitokens.access.pharia.ai: ask an administrator for it." in told
    assert "Whether there are tokens is not known." in told
    assert "kind: ClusterRole metadata: name: pharia-access-tokens-list rules:" in shown.document.by_id["role"]
    assert f"{BASE}{HERE}" in shown.document.links


async def test_who_may_list_nothing_is_not_told_that_there_is_nothing() -> None:
    opened = await signed_in(several())
    opened.objects.forbidden.add("list ApiToken")

    shown = await opened.browser.get(HERE)

    assert shown.status == 403
    assert "There are no tokens" not in shown.text
    assert "kind: Role metadata: name: pharia-access-tokens-list namespace: finance" in shown.document.by_id["role"]
    assert "only-here" not in shown.document.by_id


async def test_who_may_not_list_credentials_sees_tokens_and_that_roles_are_missing() -> None:
    opened = await signed_in(several())
    opened.objects.forbidden.add("list ApiCredential")

    shown = await opened.browser.get(HERE)

    assert names(shown) == ["alpha", "beta"]
    assert "you may not list ApiCredential" in shown.document.by_id["unseen"]


@pytest.mark.parametrize(("path", "said"), [(HERE, "There are no tokens in finance."), (EVERYWHERE, "in the cluster.")])
async def test_a_place_without_tokens_says_so(path: str, said: str) -> None:
    opened = await signed_in(a_cluster(tokens=0))

    shown = await opened.browser.get(path)

    assert said in shown.document.by_id["empty"]


async def test_where_namespaces_may_not_be_seen_nothing_is_not_certain() -> None:
    opened = await signed_in(FakeObjects(namespaces=None))

    shown = await opened.browser.get(HERE)

    assert "You may not see whether there is a namespace of that name." in shown.document.text


async def test_a_short_list_is_read_at_each_look() -> None:
    opened = await signed_in(several())
    await opened.browser.get(HERE)
    opened.objects.put(token("new"))

    assert names(await opened.browser.get(HERE)) == ["alpha", "beta", "new"]


async def long_list() -> Opened:
    """Somebody looked at a long list, to which a token came since."""
    opened = await signed_in(many(surveys.LONG + 1))
    await opened.browser.get(HERE)
    opened.objects.put(token("a-new-one"))
    return opened


async def test_a_long_list_is_kept_for_a_minute_and_says_of_when_it_is() -> None:
    opened = await long_list()

    kept = await opened.browser.get(f"{HERE}?q=a-new-one")
    assert names(kept) == []
    assert kept.document.by_id["read-at"].startswith(f"Read at {NOW:%H:%M:%S} UTC.")
    assert "?q=a-new-one&page=1&fresh=yes" in kept.document.links
    assert names(await opened.browser.get(f"{HERE}?q=a-new-one&fresh=yes")) == ["a-new-one"]


async def test_a_long_list_is_read_again_once_it_is_old() -> None:
    opened = await long_list()
    opened.objects.time += surveys.KEPT_FOR

    assert names(await opened.browser.get(f"{HERE}?q=a-new-one")) == ["a-new-one"]


async def test_whatever_a_person_does_ends_what_was_kept() -> None:
    opened = await long_list()
    asked = await opened.browser.get("/namespaces/finance/tokens/ci-0000/revoke")
    await opened.browser.submit(asked, "confirmation")

    assert names(await opened.browser.get(f"{HERE}?q=a-new-one")) == ["a-new-one"]
    assert names(await opened.browser.get(f"{HERE}?state=revoked")) == ["ci-0000"]


async def test_what_is_kept_is_of_one_scope() -> None:
    opened = await long_list()
    everywhere = await opened.browser.get(f"{EVERYWHERE}?q=a-new-one")

    assert names(everywhere) == ["a-new-one"]


async def test_a_token_whose_time_is_over_since_the_list_was_read_is_shown_as_expired() -> None:
    objects = many(surveys.LONG + 1).put(token("short", left=timedelta(seconds=30)))
    opened = await signed_in(objects)
    assert names(await opened.browser.get(f"{HERE}?q=short&state=active")) == ["short"]
    objects.time += timedelta(seconds=30)

    shown = await opened.browser.get(f"{HERE}?q=short&state=expired")

    assert names(shown) == ["short"]
    assert "Expired" in shown.document.by_id["tokens"]


def forbidden() -> ForbiddenError:
    """As the API server says it."""
    error = ForbiddenError("no")
    error.status = 403
    error.server_message = (
        'apitokens.access.pharia.ai is forbidden: User "anna" cannot list resource "apitokens" in API group '
        '"access.pharia.ai" at the cluster scope'
    )
    return error
