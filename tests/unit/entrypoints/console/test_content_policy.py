"""The policy that each answer of the console carries, as csp_evaluator judges it."""

from __future__ import annotations

import pytest

from tests.support.browser.content_policy import weaknesses
from tests.support.console.consoles import signed_in


async def policy() -> str:
    opened = await signed_in()
    return (await opened.browser.get("/")).header("content-security-policy")


async def test_nothing_is_found() -> None:
    assert weaknesses(await policy()) == []


@pytest.mark.parametrize(
    ("was", "becomes", "found"),
    [
        pytest.param("'strict-dynamic'", "'unsafe-inline' https:", "HIGH", id="any script"),
        pytest.param("script-src", "x-src", "SYNTAX: x-src", id="a directive that there is not"),
        pytest.param("style-src 'self'; ", "style-src 'self' ", "SYNTAX", id="a semicolon is forgotten"),
        pytest.param("default-src 'none'; ", "", "HIGH: object-src", id="no default"),
        pytest.param("base-uri 'none'", "x-uri 'none'", "HIGH: base-uri", id="any base"),
        pytest.param("'nonce-", "'nonce-x' 'x-", "MEDIUM", id="a nonce that can be guessed"),
        pytest.param("require-trusted-types-for 'script'", "x-for 'script'", "INFO", id="texts become HTML"),
    ],
)
async def test_what_is_taken_out_is_found(was: str, becomes: str, found: str) -> None:
    changed = (await policy()).replace(was, becomes)

    assert changed != await policy()
    assert [each for each in weaknesses(changed) if found in each]
