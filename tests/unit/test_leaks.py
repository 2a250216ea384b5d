"""The search for a text finds it in whatever form it shows, in part as well, and nothing else."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from tests.support.security.leaks import Bait, base64_forms

if TYPE_CHECKING:
    from collections.abc import Callable

SHOWN: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda text: b"it was " + text,
    "a part": lambda text: text[5:-9],
    "in base64": base64.b64encode,
    "in base64, one after": lambda text: base64.b64encode(b"x" + text),
    "in base64, two after": lambda text: base64.b64encode(b"xy" + text + b"z"),
    "in base64 for URLs": base64.urlsafe_b64encode,
    "a part of its base64": lambda text: base64.b64encode(text)[3:-7],
    "in hexadecimal": lambda text: text.hex().encode(),
    "in capitals": lambda text: text.hex().upper().encode(),
    "as Go prints bytes": lambda text: f"[{' '.join(map(str, text))}]".encode(),
    "as Go's source": lambda text: f"[]byte{{{', '.join(map(hex, text))}}}".encode(),
    "as JSON's numbers": lambda text: json.dumps(list(text), separators=(",", ":")).encode(),
}


@pytest.mark.parametrize("form", SHOWN)
def test_a_bait_is_known_in_every_form(form: str) -> None:
    bait = Bait()

    assert bait.is_in(SHOWN[form](bait.text.encode()))
    assert not Bait().is_in(SHOWN[form](bait.text.encode()))


@pytest.mark.parametrize("before", range(6))
def test_base64_of_a_longer_text_holds_one_of_the_forms(before: int) -> None:
    longer = base64.b64encode(b"x" * before + b"a secret" + b"x" * 5).decode()

    assert any(form in longer for form in base64_forms("a secret"))
