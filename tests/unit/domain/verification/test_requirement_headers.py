"""A header's value in a requirement: only as one value of a field, whatever stands in it."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.permissions import Permission
from pharia_access.domain.verification.requirement_headers import BoundRequirement, RequirementHeaders, UnusableHeader
from pharia_access.domain.verification.requirements import Requirement, parse_requirement
from pharia_access.errors import RequirementError

MODEL: Final = "permission=AccessModel;model=@x-ai-eg-model"
HEADERS: Final = RequirementHeaders(["X-AI-EG-Model", "x-tenant"])


def bound(text: str, **values: list[bytes]) -> object:
    found = HEADERS.bind(text, lambda name: values.get(name.replace("-", "_"), []))
    return found.requirement if isinstance(found, BoundRequirement) else found


def of_model(model: str) -> Requirement:
    return Requirement((), (Permission.of("AccessModel", model=model),))


@pytest.mark.parametrize(
    ("value", "model"),
    [
        pytest.param(b"gpt-4o", "gpt-4o", id="a name"),
        pytest.param(b" \tmeta-llama/Llama-3 ", "meta-llama/Llama-3", id="blanks around"),
        pytest.param(b"a;model=b&satisfy=any", "a;model=b&satisfy=any", id="the syntax of a requirement"),
        pytest.param(b"a%3Bb%", "a%3Bb%", id="percent signs are what they are"),
        pytest.param(b"*", "*", id="a star is a value"),
        pytest.param("\u00e4".encode(), "\u00e4", id="UTF-8"),
        pytest.param(b"x" * 256, "x" * 256, id="as long as may be"),
    ],
)
def test_the_value_is_that_of_the_field(value: bytes, model: str) -> None:
    assert bound(MODEL, x_ai_eg_model=[value]) == of_model(model)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        pytest.param([], "is missing", id="none"),
        pytest.param([b"a", b"a"], "came more than once", id="two"),
        pytest.param([b"a", b""], "came more than once", id="one, and an empty one"),
        pytest.param([b" \t"], "is empty", id="blanks"),
        pytest.param([b"x" * 257], "is longer than 256 bytes", id="longer"),
        pytest.param([b"a,b"], "has a comma", id="joined by a proxy"),
        pytest.param([b"\xff"], "is not UTF-8", id="no UTF-8"),
        pytest.param([b"a\x00"], "cannot be printed", id="a NUL"),
        pytest.param([b"a\x7f"], "cannot be printed", id="a DEL"),
        pytest.param(["a\u200bb".encode()], "cannot be printed", id="a blank without width"),
        pytest.param(["a\u202eb".encode()], "cannot be printed", id="from right to left"),
        pytest.param([b"@x-ai-eg-model"], "begins with @", id="another header's name"),
    ],
)
def test_a_header_that_cannot_be_used_says_why_and_never_what_it_is(values: list[bytes], why: str) -> None:
    found = bound(MODEL, x_ai_eg_model=values)

    assert isinstance(found, UnusableHeader)
    assert found.why.startswith("x-ai-eg-model ")
    assert why in found.why


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("permission=AccessModel;model=@X-AI-EG-MODEL", id="in capitals"),
        pytest.param("permission=AccessModel;model=%40x-ai-eg-model", id="an escape"),
        pytest.param("permission=AccessModel%3Bmodel%3D%40x-ai-eg-model", id="encoded by a library"),
    ],
)
def test_a_header_is_named_in_any_spelling(text: str) -> None:
    assert HEADERS.named_in(text) == ("x-ai-eg-model",)
    assert bound(text, x_ai_eg_model=[b"foo"]) == of_model("foo")


def test_several_headers_are_put_where_each_is_named() -> None:
    text = (
        "role=a&permission=AccessModel;model=@x-ai-eg-model;tenant=@x-tenant;x=y&permission=B;z=@x-tenant&satisfy=any"
    )

    found = bound(text, x_ai_eg_model=[b"foo"], x_tenant=[b"bar"])

    access = Permission.of("AccessModel", model="foo", tenant="bar", x="y")
    assert found == Requirement(("a",), (access, Permission.of("B", z="bar")), any_of=True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("permission=AccessModel;model=@x-other", "does not list this one", id="not listed"),
        pytest.param("permission=AccessModel;model=%40x-other", "does not list this one", id="not listed, encoded"),
        pytest.param("permission=AccessModel;model=@", "does not list this one", id="no name"),
        pytest.param("role=@x-ai-eg-model", "only the value of a permission's field", id="a role"),
        pytest.param("permission=@x-ai-eg-model", "only the value of a permission's field", id="a permission"),
        pytest.param("permission=A;@x-ai-eg-model=b", "only the value of a permission's field", id="a field's name"),
        pytest.param("satisfy=@x-ai-eg-model&role=a", "must be all or any", id="how"),
    ],
)
def test_nothing_else_may_begin_with_an_at(text: str, why: str) -> None:
    assert bound(text, x_ai_eg_model=[b"foo"]) == text, "left to whoever parses it"
    with pytest.raises(RequirementError, match=why):
        parse_requirement(text, headers=("x-ai-eg-model",))


def test_without_a_list_the_text_is_malformed() -> None:
    assert RequirementHeaders().bind(MODEL, lambda _name: [b"foo"]) == MODEL
    with pytest.raises(RequirementError, match="does not list this one"):
        parse_requirement(MODEL)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=40)


@given(TEXTS.filter(lambda text: not (text.startswith("@") or "," in text)))
def test_a_value_means_what_the_same_text_means_when_written(model: str) -> None:
    written = parse_requirement(f"permission=AccessModel;model={quote(model, safe='')}")

    assert bound(MODEL, x_ai_eg_model=[model.encode()]) == written


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_no_two_values_share_a_text(one: bytes, other: bytes) -> None:
    """By its text it is remembered that a credential meets a requirement."""
    found = [HEADERS.bind(MODEL, lambda _name, value=value: [value]) for value in (one, other)]  # type: ignore[misc]
    texts = [bound.text for bound in found if isinstance(bound, BoundRequirement)]

    assert len(texts) < len(found) or (texts[0] == texts[1]) is (one.strip(b" \t") == other.strip(b" \t"))
    assert all(" " in text for text in texts), "no target holds a blank"


@given(st.lists(st.binary(max_size=300), max_size=3))
def test_any_values_give_one_field_or_none(values: list[bytes]) -> None:
    found = bound(MODEL, x_ai_eg_model=values)

    if isinstance(found, UnusableHeader):
        return
    assert len(values) == 1
    assert found == of_model(values[0].strip(b" \t").decode())
