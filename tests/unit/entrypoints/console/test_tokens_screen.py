"""The tokens of a namespace and of all, in the browser: found, sorted, turned over, and what one may not see."""

from __future__ import annotations

import pytest

from pharia_access.domain.times import format_time
from pharia_access.errors import ForbiddenError
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.fake_objects import FakeObjects
from tests.support.builders.domain_objects import NOW
from tests.support.console.browser import BASE
from tests.support.console.consoles import signed_in
from tests.support.console.token_lists import DAY, EVERYWHERE, HERE, many, names, several


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


@pytest.mark.parametrize("path", [HERE, EVERYWHERE])
async def test_a_hundred_rows_stay_within_forty_kilobytes(path: str) -> None:
    opened = await signed_in(many(100, lastUsedTime=format_time(NOW - 20 * DAY)))

    shown = await opened.browser.get(path)

    assert len(shown.text.encode()) <= 40_000


async def test_a_row_of_all_namespaces_leads_to_the_page_of_its_token() -> None:
    opened = await signed_in(several())

    shown = await opened.browser.get(EVERYWHERE)
    (link,) = [link for link in shown.document.links if "gamma" in link]
    led = await opened.browser.get(link.removeprefix(BASE))

    assert led.at == f"{BASE}/namespaces/hr/tokens/gamma"
    assert led.document.by_id["title"] == "gamma"


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


def forbidden() -> ForbiddenError:
    """As the API server says it."""
    error = ForbiddenError("no")
    error.status = 403
    error.server_message = (
        'apitokens.access.pharia.ai is forbidden: User "anna" cannot list resource "apitokens" in API group '
        '"access.pharia.ai" at the cluster scope'
    )
    return error
