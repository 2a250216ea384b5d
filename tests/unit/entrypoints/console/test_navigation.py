"""The way to the screens from every page, and the picker of namespaces that stays on the same screen."""

from __future__ import annotations

import pytest

from pharia_access.entrypoints.console.navigation import NAVIGATION, entry_named, leads
from pharia_access.entrypoints.console.screens import TABLE
from tests.support.console.browser import BASE
from tests.support.console.consoles import signed_in


@pytest.mark.parametrize(
    ("shown", "current"),
    [
        ("/namespaces/finance/tokens", {"Tokens": "page"}),
        ("/namespaces/finance/tokens/ci/revoke", {"Tokens": "true"}),
        ("/namespaces/finance/credentials/bot", {"Credentials": "true"}),
        ("/namespaces/finance/overview", {"Overview": "page"}),
        ("/tokens", {"Tokens": "page"}),
        ("/namespaces/finance/new-credential", {}),
    ],
)
def test_a_page_says_which_screen_it_belongs_to(shown: str, current: dict[str, str]) -> None:
    assert {lead.title: lead.current for lead in leads("finance", shown) if lead.current} == current


def test_who_looks_over_all_namespaces_goes_on_doing_so() -> None:
    here = {lead.title: lead.path for lead in leads("finance", "/namespaces/finance/tokens")}
    everywhere = {lead.title: lead.path for lead in leads("finance", "/tokens")}

    assert here["Overview"] == "/namespaces/finance/overview"
    assert everywhere["Overview"] == "/overview"
    assert everywhere["Credentials"] == "/namespaces/finance/credentials"


def test_every_screen_of_the_navigation_is_in_the_table() -> None:
    paths = {path for path, show, _ in TABLE if show is not None}
    led = {entry.address("x").replace("/namespaces/x/", "/namespaces/{namespace}/") for entry in NAVIGATION}

    assert led | {entry.everywhere for entry in NAVIGATION if entry.everywhere} <= paths


def test_a_screen_that_is_none_is_the_list_of_credentials() -> None:
    assert entry_named("nonsense").title == "Credentials"


@pytest.mark.parametrize("screen", ["tokens", "overview", "credentials"])
async def test_another_namespace_shows_the_same_screen(screen: str) -> None:
    opened = await signed_in()
    opened.objects.namespaces = {"finance", "hr"}
    shown = await opened.browser.get(f"/namespaces/finance/{screen}")

    await opened.browser.submit(shown, f"{BASE}/go", ("namespace", "hr"))

    assert opened.browser.at == f"{BASE}/namespaces/hr/{screen}"
