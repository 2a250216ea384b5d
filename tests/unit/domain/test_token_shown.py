"""A token in a program: it never shows its secret part, is never serialized, and never changes."""

import copy
import dataclasses
import json
import pickle
from collections.abc import Callable

import pytest

from pharia_access.domain.token import TokenText, parse
from tests.support.builders.golden_texts import COUNTING, ZEROS


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(str, id="str"),
        pytest.param(repr, id="repr"),
        pytest.param("{}".format, id="format"),
        pytest.param("{!r:>60}".format, id="padded repr"),
        pytest.param("%s".__mod__, id="percent"),
        pytest.param(lambda text: str([text]), id="inside a list"),
        pytest.param(lambda text: str(KeyError(text)), id="inside an exception"),
        pytest.param(lambda text: str(dataclasses.asdict(Holder(text))), id="inside an unfolded dataclass"),
    ],
)
def test_however_a_token_is_shown_only_its_public_part_is(shown: Callable[[TokenText], str]) -> None:
    text = shown(parse(COUNTING))

    assert "pharia_aaaqeayeaudaocaj_…" in text
    assert "003a" not in text


@dataclasses.dataclass(frozen=True, slots=True)
class Holder:
    text: TokenText


def test_a_format_specification_applies_to_the_public_part() -> None:
    assert f"{parse(COUNTING):>30}" == "     pharia_aaaqeayeaudaocaj_…"


def test_a_token_is_not_serialized() -> None:
    token = parse(COUNTING)

    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="never serialized"):
            pickle.dumps(token, protocol)
    with pytest.raises(TypeError):
        json.dumps(token)


def test_a_copy_of_a_token_is_the_token() -> None:
    token = parse(COUNTING)

    assert copy.copy(token) is copy.deepcopy(token) is token


def test_tokens_are_equal_by_their_whole_text() -> None:
    assert parse(COUNTING) == parse(COUNTING)
    assert parse(COUNTING) != parse(ZEROS)
    assert parse(COUNTING) != COUNTING


def test_a_token_is_no_dictionary_key() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(parse(COUNTING))


@pytest.mark.parametrize("attribute", ["_text", "token_id", "prefix", "anything"])
def test_a_token_cannot_be_changed(attribute: str) -> None:
    token = parse(COUNTING)

    with pytest.raises(AttributeError, match="cannot be changed"):
        setattr(token, attribute, "x")
    with pytest.raises(AttributeError, match="cannot be changed"):
        delattr(token, attribute)
    assert token.reveal() == COUNTING
