"""A token's text and foreign words: where they never are, and that no template or module could put them there."""

from __future__ import annotations

import ast
import logging
import re
from pathlib import Path

import pytest

from tests.support.administration.credential_cluster import a_cluster
from tests.support.builders.domain_objects import TEXT
from tests.support.console.browser import BASE
from tests.support.console.consoles import signed_in
from tools.control_plane.resources import api_credential, api_role

ROOT = Path(__file__).resolve().parents[4] / "src" / "pharia_access" / "entrypoints" / "console"
TEMPLATES = sorted((ROOT / "templates").glob("*.html"))
MODULES = sorted(ROOT.rglob("*.py"))
TOKEN = "/namespaces/finance/tokens/invoice-bot-e4f5a"
POLYGLOT = "'\"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}javascript:alert(1)</textarea>"


async def test_a_token_s_text_is_in_no_document_header_or_log(caplog: pytest.LogCaptureFixture) -> None:
    opened = await signed_in()
    browser = opened.browser
    with caplog.at_level(logging.DEBUG):
        await browser.submit(await browser.get("/namespaces/finance/credentials/invoice-bot/new-token"), "token-form")
        await opened.objects.sleep(1)
        shown = await browser.fetch(f"{TOKEN}/secret")
        browser.seen.clear()
        for act in ("", "/delete", "/revoke", "/end", "/rotate", "?secret=show"):
            await browser.get(f"{TOKEN}{act}")
        await browser.get("/namespaces/finance/credentials")
        await browser.get("/namespaces/finance/credentials/invoice-bot")
        await browser.fetch(f"{TOKEN}/collected")
        await browser.fetch(f"{TOKEN}/secret")
        await browser.get(TOKEN)

    secret = shown.json["text"].rpartition("_")[2]
    assert secret in TEXT.reveal()
    assert secret not in "".join(browser.seen)
    assert secret not in caplog.text
    assert secret not in repr(opened.console.sessions.__dict__)
    assert opened.console.key.text not in "".join(browser.seen) + caplog.text


async def test_words_of_objects_are_text_and_never_links_or_markup() -> None:
    objects = a_cluster().put(
        api_credential("finance", "evil", displayName=POLYGLOT, description=POLYGLOT, roles=[POLYGLOT]),
        api_role("odd", description=POLYGLOT, displayName=POLYGLOT),
    )
    objects.body("ApiToken", "ci-0")["spec"] |= {"description": POLYGLOT, "revocationReason": POLYGLOT}
    opened = await signed_in(objects)

    for path in (
        "/tokens",
        "/overview",
        "/namespaces/finance/tokens",
        "/namespaces/finance/credentials",
        "/namespaces/finance/credentials/evil",
        "/namespaces/finance/credentials/evil/roles",
        "/namespaces/finance/credentials/evil/delete",
        "/namespaces/finance/new-credential",
        "/namespaces/finance/tokens/ci-0",
    ):
        document = (await opened.browser.get(path)).document
        assert [tag for tag, _ in document.tags if tag in {"svg", "iframe", "style"}] == []
        loaded = [(tag, found.get("src", "")[: len(BASE)]) for tag, found in document.tags if tag in {"img", "script"}]
        assert loaded == [("script", BASE), ("img", BASE)]
        assert [name for _, found in document.tags for name in found if name.startswith("on")] == []
        assert [link for link in document.links if not link.startswith((BASE, "?", "#"))] == []


async def test_what_was_typed_comes_back_as_text() -> None:
    opened = await signed_in()
    form = await opened.browser.get("/namespaces/finance/new-credential")

    shown = await opened.browser.submit(form, "credential-form", ("name", POLYGLOT), ("description", POLYGLOT))

    assert "<script>alert" not in shown.text
    assert dict(shown.document.forms["credential-form"].fields)["name"] == POLYGLOT


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_exempts_anything_from_escaping_or_has_script_or_style_in_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert re.findall(r"\|\s*safe\b|autoescape|Markup|\sstyle=|<style|\son[a-z]+=|javascript:", text) == []
    assert [script for script in re.findall(r"<script[^>]*>", text) if "src=" not in script] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_module_builds_html(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]

    assert [text for text in texts if re.search(r"</?[a-z]+[ >/]", text)] == []
    assert not any(isinstance(node, ast.Name) and node.id == "Markup" for node in ast.walk(tree))


def test_the_script_writes_text_only_and_keeps_nothing() -> None:
    script = (ROOT / "static" / "console.js").read_text(encoding="utf-8")

    forbidden = (
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|localStorage|sessionStorage|console\."
    )
    assert re.findall(forbidden, script) == []
    assert "textContent" in script


@pytest.mark.parametrize(("name", "most"), [("console.js", 15_000), ("console.css", 15_000), ("icon.svg", 1_000)])
def test_static_files_stay_within_their_bound(name: str, most: int) -> None:
    assert (ROOT / "static" / name).stat().st_size <= most


def test_the_script_s_header_is_the_one_that_is_asked_for() -> None:
    script = (ROOT / "static" / "console.js").read_text(encoding="utf-8")

    assert '"X-Pharia-Access-Console"' in script
