"""How things are printed: tables, fields, objects."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import yaml

from pharia_access.entrypoints.kubectl import render

BODY = {"kind": "ApiToken", "metadata": {"name": "ci", "managedFields": [{"manager": "x"}]}, "spec": {"note": "für"}}


def test_a_table_is_left_aligned_and_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    render.print_table(["NAME", "N"], [["ci", "007"], ["a-longer-one", ""]])

    assert capsys.readouterr().out.splitlines() == [
        "NAME          N",
        "ci            007",
        "a-longer-one  <none>",
    ]


def test_the_gutter_is_two_blanks_whatever_is_longest(capsys: pytest.CaptureFixture[str]) -> None:
    render.print_table(["CREDENTIAL", "N", "PHASE"], [["ci", "007", "表"], ["bot", "1", "Active"]])

    assert capsys.readouterr().out.splitlines() == [
        "CREDENTIAL  N    PHASE",
        "ci          007  表",
        "bot         1    Active",
    ]


def test_fields_without_a_value_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    render.print_fields([("Name", "ci"), ("Message", ""), ("Last used", "never")])

    assert capsys.readouterr().out == "Name:       ci\nLast used:  never\n"


@pytest.mark.parametrize(("output", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_an_object_for_programs_has_no_book_keeping(
    output: str,
    read: Callable[[str], object],
    capsys: pytest.CaptureFixture[str],
) -> None:
    render.print_object(BODY, output)
    one = read(capsys.readouterr().out)
    render.print_objects([BODY], output)
    many = read(capsys.readouterr().out)

    tidy = {"kind": "ApiToken", "metadata": {"name": "ci"}, "spec": {"note": "für"}}
    assert one == tidy
    assert many == {"apiVersion": "v1", "kind": "List", "items": [tidy]}


def test_names_are_as_kubectl_prints_them(capsys: pytest.CaptureFixture[str]) -> None:
    render.print_object(BODY, "name")
    render.print_objects([{"kind": "ApiCredential", "metadata": {"name": "bot"}}], "name")

    assert capsys.readouterr().out == "apitoken.access.pharia.ai/ci\napicredential.access.pharia.ai/bot\n"
