"""A session: opened by a key once, held by a cookie, ended for good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.console.browser import BASE, Browser
from tests.support.console.consoles import Opened, a_console, signed_in
from tools.control_plane.resources import api_token

LIST = "/namespaces/finance/credentials"
TOKEN = "/namespaces/finance/tokens/invoice-bot-e4f5a"


async def test_the_key_opens_a_session_whose_cookie_is_for_this_path_and_for_no_script() -> None:
    opened = a_console()

    received = await opened.browser.send("POST", f"{BASE}/open", f"key={opened.console.key.text}".encode())

    assert (received.status, received.header("location")) == (303, f"{BASE}/")
    name, *attributes = received.header("set-cookie").split("; ")
    assert name.startswith("pharia_access_console=")
    assert len(name) > 40
    assert set(attributes) == {"HttpOnly", f"Path={BASE}/", "SameSite=strict"}


async def test_the_key_opens_once() -> None:
    opened = await signed_in()

    received = await opened.another_browser().post("/open", {"key": opened.console.key.text})

    assert received.status == 403
    assert received.header("set-cookie") == ""
    assert "it was used already" in received.text


@pytest.mark.parametrize(("seconds", "status"), [(59.9, 200), (60.0, 403)])
async def test_the_key_opens_for_a_minute(seconds: float, status: int) -> None:
    opened = a_console()
    opened.objects.time += timedelta(seconds=seconds)

    assert (await opened.browser.post("/open", {"key": opened.console.key.text})).status == status


async def test_after_five_wrong_keys_within_a_minute_not_even_the_right_one_opens() -> None:
    opened = a_console()

    for _ in range(5):
        assert (await opened.browser.post("/open", {"key": "guessed"})).status == 403
    assert (await opened.browser.post("/open", {"key": opened.console.key.text})).status == 403
    opened.objects.time += timedelta(seconds=13)

    assert (await opened.browser.post("/open", {"key": opened.console.key.text})).status == 200


@pytest.mark.parametrize("body", [b"", b"key=", b"other=x", b"key=%ff", b"key=%C3%A4"])
async def test_what_is_no_key_opens_nothing(body: bytes) -> None:
    opened = a_console()

    received = await opened.browser.send("POST", f"{BASE}/open", body)

    assert received.status in {400, 403}
    assert not opened.console.key.used


async def test_a_planted_cookie_is_not_the_session_afterwards() -> None:
    opened = a_console()
    opened.browser.cookie = "pharia_access_console=planted"

    await opened.browser.post("/open", {"key": opened.console.key.text})

    assert opened.browser.cookie != "pharia_access_console=planted"
    assert (await opened.browser.get(LIST)).status == 200
    planted = opened.another_browser()
    planted.cookie = "pharia_access_console=planted"
    assert (await planted.get(LIST)).status == 403


async def test_signing_out_makes_a_copied_cookie_worthless() -> None:
    opened = await signed_in()
    copied = opened.another_browser()
    copied.cookie = opened.browser.cookie
    assert (await copied.get(LIST)).status == 200

    left = await opened.browser.post("/sign-out", {})

    assert "You are signed out" in left.text
    assert opened.browser.cookie == ""
    assert (await copied.get(LIST)).status == 403


async def turned(opened: Opened) -> Browser:
    """A browser whose request was under way when the key turned, since a secret was confirmed in another tab."""
    other = opened.another_browser()
    other.cookie = opened.browser.cookie
    await opened.browser.submit(await opened.browser.get(f"{LIST}/invoice-bot/new-token"), "token-form")
    await opened.objects.sleep(1)
    await opened.browser.fetch(f"{TOKEN}/secret")
    assert (await opened.browser.fetch(f"{TOKEN}/collected")).status == 200
    assert opened.browser.cookie != other.cookie
    return other


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (9.9, 200), (10, 403), (60, 403)])
async def test_what_was_under_way_when_the_key_turned_is_answered(seconds: float, status: int) -> None:
    opened = await signed_in()
    other = await turned(opened)
    opened.objects.time += timedelta(seconds=seconds)

    assert (await other.get(LIST)).status == status
    assert (await opened.browser.get(LIST)).status == 200


async def test_a_key_that_turned_gets_no_cookie_of_its_own() -> None:
    opened = await signed_in()
    other = await turned(opened)
    name = opened.objects.put(api_token("finance", "late")).body("ApiToken", "late")["metadata"]["name"]
    await opened.objects.sleep(1)
    await other.fetch(f"/namespaces/finance/tokens/{name}/secret")

    assert (await other.fetch(f"/namespaces/finance/tokens/{name}/collected")).status == 200

    assert other.cookie == opened.browser.cookie
    opened.objects.time += timedelta(minutes=1)
    assert (await other.get(LIST)).status == 200


async def test_signing_out_ends_the_key_before_too() -> None:
    opened = await signed_in()
    other = await turned(opened)

    await opened.browser.post("/sign-out", {})

    assert (await other.get(LIST)).status == 403


async def test_the_script_is_told_that_it_is_signed_out() -> None:
    opened = await signed_in()
    opened.browser.cookie = ""

    told = await opened.browser.fetch("/namespaces/finance/tokens/ci-0/secret")

    assert told.status == 403
    assert told.json == {"state": "failed", "why": "This browser is not signed in to the console, or no longer."}


async def test_the_opening_page_works_without_a_script_and_names_no_key() -> None:
    opened = a_console()
    shown = await opened.browser.get("/open")

    received = await opened.browser.submit(shown, "open", ("key", opened.console.key.text))

    assert opened.console.key.text not in shown.text
    assert received.status == 200
    assert received.document.by_id["title"] == "Credentials"


async def test_a_look_and_a_form_count_as_use_and_what_the_script_asks_for_does_not() -> None:
    opened: Opened = await signed_in()
    opened.touches.clear()

    await opened.browser.get(LIST)
    await opened.browser.post("/namespaces/finance/credentials/invoice-bot/suspend", {})
    assert len(opened.touches) == 2
    await opened.browser.fetch("/namespaces/finance/tokens/ci-0/secret")
    await opened.another_browser().get(LIST)

    assert len(opened.touches) == 2


@pytest.mark.parametrize(("who", "uses"), [("person", 1), ("script", 0), ("", 1), ("nobody", 0)])
async def test_a_list_that_a_person_sorts_in_the_open_page_counts_as_use(who: str, uses: int) -> None:
    opened: Opened = await signed_in()
    opened.touches.clear()

    await opened.browser.send("GET", f"{opened.browser.base}{LIST}", headers={"x-pharia-access-console": who})

    assert len(opened.touches) == uses


async def test_the_person_is_named_and_their_words_are_no_markup() -> None:
    opened = await signed_in()

    shown = await opened.browser.get(LIST)

    assert shown.document.by_id["user"] == "anna"
    assert "kubectl access credential list -n finance --context test" in shown.document.text


@pytest.mark.parametrize(("asked_for", "leads_to"), [("hr", "hr"), (" hr ", "hr"), ("../x", ""), ("", ""), ("A", "")])
async def test_another_namespace_is_a_name_or_nothing(asked_for: str, leads_to: str) -> None:
    opened = await signed_in()
    opened.objects.namespaces = None

    shown = await opened.browser.get(f"/go?namespace={asked_for.replace(' ', '+')}")

    assert shown.status == (200 if leads_to else 400)
    assert opened.browser.at == (
        f"{BASE}/namespaces/hr/credentials" if leads_to else f"{BASE}/go?namespace={asked_for}"
    )
