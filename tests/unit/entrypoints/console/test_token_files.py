"""Tokens as a file: what the list shows, no hash, no text of a token, and no formula."""

from __future__ import annotations

import csv
import io
import json

import pytest

from pharia_access.domain.administration.token_inventory import TokenRow
from pharia_access.entrypoints.console.pages.token_files import FIELDS, as_json, as_table, record
from pharia_access.errors import ForbiddenError
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW
from tests.support.console.consoles import signed_in
from tools.control_plane.resources import api_token

HERE = "/namespaces/finance/tokens"
HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g"


def a_cluster_with(description: str = "") -> FakeObjects:
    """Two tokens of a credential, and one elsewhere."""
    described = an_active_token(api_token("finance", "said", description=description), hash=HASH)
    return a_cluster().put(described, api_token("hr", "other"))


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t=", "\r=", "\n="])
async def test_no_cell_of_a_table_is_a_formula(beginning: str) -> None:
    opened = await signed_in(a_cluster_with(f'{beginning}HYPERLINK("https://evil.example","x")'))

    received = await opened.browser.get(f"{HERE}.csv?q=said")

    (row,) = csv.DictReader(io.StringIO(received.text, newline=""))
    assert row["description"] == f'\'{beginning}HYPERLINK("https://evil.example","x")'


@pytest.mark.parametrize("ending", ["csv", "json"])
async def test_a_file_has_what_the_filter_finds_and_nothing_secret(ending: str) -> None:
    opened = await signed_in(a_cluster_with())

    received = await opened.browser.get(f"{HERE}.{ending}?state=active&q=said")

    assert received.status == 200
    assert received.header("content-disposition") == f'attachment; filename="tokens-finance.{ending}"'
    assert received.header("cache-control") == "no-store"
    assert "said" in received.text
    assert "ci-0" not in received.text
    assert "argon2" not in received.text


async def test_a_file_for_programs_says_each_field() -> None:
    opened = await signed_in(a_cluster_with("=1+1"))

    received = await opened.browser.get("/tokens.json?sort=-name")

    found = received.json
    assert [each["name"] for each in found] == ["said", "other", "ci-0"]
    assert found[0] == {
        "namespace": "finance",
        "name": "said",
        "tokenID": "",
        "credential": "invoice-bot",
        "roles": ["studio-user"],
        "state": "active",
        "reason": "",
        "created": "2026-11-23T12:00:00Z",
        "issued": "2026-11-03T12:00:00Z",
        "ends": "2026-12-03T12:00:00Z",
        "lastUsed": None,
        "secret": "",
        "secretUntil": None,
        "declaredBy": "",
        "description": "=1+1",
    }
    assert found[1]["roles"] is None


@pytest.mark.parametrize("path", ["/tokens.csv", "/tokens.json"])
async def test_who_may_not_list_gets_a_page_and_no_empty_file(path: str) -> None:
    opened = await signed_in(a_cluster_with())
    opened.objects.refused["list all ApiToken"] = ForbiddenError("you may not")

    received = await opened.browser.get(path)

    assert received.status == 403
    assert received.header("content-disposition") == ""
    assert "forbidden" in received.document.by_id


async def test_a_namespace_can_be_stored_as_a_program_reads_it() -> None:
    opened = await signed_in(a_cluster_with())

    here, everywhere = await opened.browser.get(f"{HERE}.json"), await opened.browser.get("/tokens.csv")

    assert [each["namespace"] for each in json.loads(here.text)] == ["finance", "finance"]
    assert [row["namespace"] for row in csv.DictReader(io.StringIO(everywhere.text))] == ["finance", "hr", "finance"]


def test_an_empty_file_has_its_columns() -> None:
    rows: list[TokenRow] = []

    assert as_table([record(row, NOW) for row in rows]) == ",".join(f'"{name}"' for name in FIELDS) + "\r\n"
    assert as_json([]) == "[]\n"
