"""How things are printed: ages, moments, tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import yaml

from pharia_access.entrypoints.kubectl import render
from tests.support.builders.domain_objects import NOW

BODY = {"kind": "ApiToken", "metadata": {"name": "ci", "managedFields": [{"manager": "x"}]}, "spec": {"note": "für"}}


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(seconds=-3), "0s"),
        (timedelta(), "0s"),
        (timedelta(seconds=59), "59s"),
        (timedelta(seconds=61), "1m1s"),
        (timedelta(minutes=3, seconds=59), "3m59s"),
        (timedelta(minutes=4, seconds=1), "4m"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(hours=2), "2h"),
        (timedelta(days=3, hours=4), "3d4h"),
        (timedelta(days=400), "400d"),
    ],
)
def test_an_age_has_a_unit_or_two(ago: timedelta, shown: str) -> None:
    assert render.age(NOW - ago, NOW) == shown


def test_a_moment_to_come_and_a_moment_gone() -> None:
    assert render.until(NOW + timedelta(days=5), NOW) == "2026-11-28T12:00:00Z (in 5d)"
    assert render.until(NOW - timedelta(hours=2), NOW) == "2026-11-23T10:00:00Z (2h ago)"
    assert render.moment(NOW) == "2026-11-23T12:00:00Z"


def test_what_is_not_known_is_left_blank() -> None:
    assert (render.age(None, NOW), render.until(None, NOW), render.moment(None)) == ("", "", "")


def test_a_table_is_left_aligned_and_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    render.print_table(["NAME", "N"], [["ci", "007"], ["a-longer-one", ""]])

    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "NAME          N",
        "ci            007",
        "a-longer-one  <none>",
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
