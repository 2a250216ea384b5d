"""The audit: its limits are fields, its file has all of it; who may not look is told so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pharia_access.domain.times import format_time
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW
from tests.support.console.browser import BASE
from tests.support.console.consoles import signed_in
from tests.support.console.refused import refuse
from tools.control_plane.resources import api_credential, api_token

HERE = "/namespaces/finance"
AUDIT = f"{HERE}/audit"


def audited() -> FakeObjects:
    ago = {name: format_time(NOW - timedelta(days=days)) for name, days in (("made", 80), ("used", 40))}
    return a_cluster(tokens=0).put(
        an_active_token(api_token("finance", "old"), issuedAt=ago["made"], lastUsedTime=ago["used"]),
        api_credential("hr", "lone"),
    )


async def test_the_audit_tells_what_needs_attention_with_its_limits() -> None:
    shown = await (await signed_in(audited())).browser.get(AUDIT)

    found = shown.document.by_id["findings"]
    assert found.startswith("1 finding in 1 credential and 1 token NameNamespaceKindFaultWhat is wrong")
    assert found.endswith("old finance token Unused last used 40 days ago")
    assert shown.document.by_id["scope"] == (
        "Of namespace finance, 23 November 2026, 12:00 UTC, as anna may see them. Unused: for more than 30d. "
        "Too long: more than the credential allows."
    )
    assert f"{BASE}{HERE}/tokens/old" in shown.document.links
    assert "kubectl access audit --unused 30d -n finance" in shown.document.text


async def test_its_limits_are_fields() -> None:
    opened = await signed_in(audited())

    shown = await opened.browser.submit(
        await opened.browser.get(AUDIT), "limits", ("unused", "60d"), ("longest", "1d12h"), ("everywhere", "yes")
    )

    found = shown.document.by_id["findings"]
    assert "Unused" not in found
    assert "TooLong" in found
    assert "lone hr credential NoTokens has no active token" in found
    assert "Of all namespaces" in shown.document.by_id["scope"]
    assert "Too long: more than 1d12h" in shown.document.by_id["scope"]
    assert "kubectl access audit --unused 60d --max-ttl 1d12h -A" in shown.document.text
    assert f"{BASE}{AUDIT}.csv?unused=60d&longest=1d12h&everywhere=yes" in shown.document.links


@pytest.mark.parametrize("path", [AUDIT, f"{AUDIT}.csv"])
async def test_a_limit_that_is_none_is_said_at_its_field_and_nothing_is_looked_at(path: str) -> None:
    opened = await signed_in(audited())
    opened.objects.forbidden |= {"list ApiToken"}

    shown = await opened.browser.get(f"{path}?unused=soon&longest=-1d")

    assert shown.status == 400
    assert "'soon' is not a duration" in shown.document.by_id["unused-error"]
    assert "'-1d' is not a duration" in shown.document.by_id["longest-error"]


async def test_the_file_has_all_findings() -> None:
    opened = await signed_in(audited())

    kept = await opened.browser.get(f"{AUDIT}.csv")

    assert kept.header("content-type") == "text/csv; charset=utf-8"
    assert kept.header("content-disposition") == 'attachment; filename="audit.csv"'
    assert kept.header("cache-control") == "no-store"
    lines = kept.text.splitlines()
    assert lines[0] == '"namespace","kind","name","fault","message"'
    assert '"finance","token","old","Unused","last used 40 days ago"' in lines


async def test_nothing_to_look_at_is_no_all_clear_and_nothing_found_is_one() -> None:
    nothing = await (await signed_in(FakeObjects())).browser.get(AUDIT)
    unknown = await (await signed_in(FakeObjects(namespaces=None))).browser.get(AUDIT)
    clear = await (await signed_in(a_cluster())).browser.get(f"{AUDIT}?unused=90d")

    assert nothing.document.by_id["nothing"].endswith("nothing was looked at, which is no all-clear.")
    assert unknown.document.by_id["nothing"].endswith("You may not see whether there is a namespace of that name.")
    assert clear.document.by_id["empty"] == "0 findings in 1 credential and 1 token: nothing needs attention."


async def test_a_page_has_five_hundred_findings_and_says_how_many_more_there_are() -> None:
    objects = a_cluster(tokens=0).put(*(api_credential("finance", f"c-{number}") for number in range(510)))

    shown = await (await signed_in(objects)).browser.get(AUDIT)

    assert shown.document.by_id["more"] == "And 11 more, in the file."


@pytest.mark.parametrize("path", [AUDIT, f"{AUDIT}.csv"])
async def test_who_may_not_look_is_told_the_missing_right(path: str) -> None:
    opened = await signed_in(audited())
    refuse(opened, "list all ApiToken", "apitokens", " at the cluster scope")

    shown = await opened.browser.get(f"{path}?everywhere=yes")

    assert shown.status == 403
    assert "anna may not list tokens in the whole cluster. This needs the verb list on apitokens" in shown.document.text
