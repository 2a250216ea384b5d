"""Forms are read whole, within bounds, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.entrypoints.console.forms import MOST_BYTES, MOST_FIELDS, Form, FormError, parse_form
from tests.support.console.browser import BASE
from tests.support.console.consoles import signed_in

CREATE = f"{BASE}/namespaces/finance/new-credential"


def test_a_field_has_its_values_in_order_and_each_once() -> None:
    form = parse_form(b"role=a&role=b&role=a&name=+x%20&empty=")

    assert form.all("role") == ("a", "b")
    assert form.one("role") == "a"
    assert form.one("name") == "x"
    assert (form.one("empty"), form.one("none"), form.all("none")) == ("", "", ())


@pytest.mark.parametrize("body", [b"\xff", b"a=%ff", b"&".join([b"a=1"] * (MOST_FIELDS + 1))])
def test_what_is_malformed_or_has_too_many_fields_is_refused(body: bytes) -> None:
    with pytest.raises(FormError, match="malformed, or has more than 120 fields"):
        parse_form(body)


@given(st.binary(max_size=300))
def test_any_body_is_a_form_or_is_refused(body: bytes) -> None:
    try:
        form = parse_form(body)
    except FormError:
        return
    assert isinstance(form, Form)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        pytest.param(b"a=" + b"x" * MOST_BYTES, "application/x-www-form-urlencoded", 413, id="too large"),
        pytest.param(b"name=x", "application/json", 415, id="another type"),
        pytest.param(b"name=x", "multipart/form-data; boundary=x", 415, id="parts"),
        pytest.param(b"name=x", "text/plain", 415, id="text"),
        pytest.param(b"%ff", "application/x-www-form-urlencoded; charset=utf-8", 400, id="malformed"),
    ],
)
async def test_a_body_that_is_no_form_of_ours_is_said_to_be_none(body: bytes, kind: str, status: int) -> None:
    opened = await signed_in()
    before = dict(opened.objects.bodies)

    received = await opened.browser.send("POST", CREATE, body, {"content-type": kind})

    assert received.status == status
    assert opened.objects.bodies == before
