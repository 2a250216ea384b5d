"""The text of a token that somebody pastes into a field: it goes nowhere, and is said to be one without being shown."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest

from pharia_access.entrypoints.console.pasted import PASTED
from pharia_access.entrypoints.console.screens import BY_SCRIPT, TABLE
from tests.support.builders.domain_objects import TEXT
from tests.support.console.browser import BASE
from tests.support.console.consoles import signed_in

NAMES = {"namespace": "finance", "name": "invoice-bot"}
LOOKS = [path.format(**NAMES) for path, show, _ in TABLE if show is not None] + ["/", "/go"]
ACTS = [path.format(**NAMES) for path, _, act in TABLE if act is not None and act not in BY_SCRIPT]
SECRET = TEXT.reveal()
TEXTS = {
    "a token": SECRET,
    "in a line of a log": f"Authorization: Bearer {SECRET}, refused",
    "in quotes": f'AA_API_TOKEN="{SECRET}"',
    "cut": SECRET[:40],
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("path", LOOKS)
async def test_no_address_keeps_it(path: str, text: str) -> None:
    opened = await signed_in()

    for field in ("q", "sort", "namespace", "anything"):
        shown = await opened.browser.send("GET", f"{BASE}{path}?{field}={quote(text)}")

        assert shown.status == 303
        assert shown.header("location") == f"{BASE}{path}"
        assert text not in shown.text


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("path", ACTS)
async def test_no_form_stores_it(path: str, text: str) -> None:
    opened = await signed_in()
    before = dict(opened.objects.bodies)

    for field in ("name", "description", "reason", "confirm", "anything"):
        shown = await opened.browser.post(path, {field: text})

        assert shown.status == 400
        assert PASTED.split(":")[0] in shown.text
        assert SECRET[:40] not in shown.text
    assert opened.objects.bodies == before


async def test_what_is_no_token_is_looked_for() -> None:
    opened = await signed_in()

    shown = await opened.browser.get("/namespaces/finance/credentials?" + urlencode({"q": "pharia_invoice_bot"}))

    assert shown.status == 200
