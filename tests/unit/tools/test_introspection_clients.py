"""How clients of introspection are tried: their files with other addresses, and results without a token."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from bench.introspection.relay import Asked
from bench.introspection.report import page
from bench.introspection.trials import Faulty, Trial
from tools.introspection.configurations import Place
from tools.introspection.launches import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from tools.introspection.configurations import Changes

TEXT = "pharia_aaaaaaaaaaaaaaaa_" + "0" * 49
FORM = b"token=x&token_type_hint=access_token"


def place(root: Path, changes: Changes) -> Place:
    return Place(root, 1, "127.0.0.1:2", root / "ca.pem", "127.0.0.1:3", secret=TEXT, changes=changes)


def test_a_client_s_files_are_copied_with_the_addresses_of_the_trial(tmp_path: Path) -> None:
    copied = place(tmp_path, {"OIDCOAuthTokenIntrospectionInterval -1\n": ""}).copied("apache", {"*:8080": "*:1"})

    text = (copied / "reports.conf").read_text(encoding="utf-8")
    assert "https://127.0.0.1:2/oauth2/introspect" in text
    assert '"http://127.0.0.1:3/"' in text
    assert str(tmp_path / "ca.pem") in text
    assert "*:1>" in text
    assert "Interval" not in text
    assert TEXT not in text


def test_a_text_that_stands_in_no_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="nowhere"):
        place(tmp_path, {"nowhere": ""}).copied("apache", {})


@pytest.mark.parametrize(
    ("header", "body", "way"),
    [
        ("Bearer SECRET", FORM, "Bearer; form: token, token_type_hint"),
        (
            "",
            b"token=x&client_id=a&client_secret=SECRET",
            "`client_secret_post`; form: token, client_id, client_secret",
        ),
        ("a%2Fb:SECRET", FORM, "`client_secret_basic`, ID `a%2Fb`, secret as it is; form: token, token_type_hint"),
        ("a:%5FSECRET", b"token=x", "`client_secret_basic`, ID `a`, secret percent-encoded; form: token"),
    ],
)
def test_the_way_of_a_caller_is_told_without_its_secret(header: str, body: bytes, way: str) -> None:
    if ":" in header:
        header = f"Basic {base64.b64encode(header.encode()).decode()}"

    asked = Asked("POST", "/oauth2/introspect", {"authorization": header}, body)

    assert asked.way == way
    assert "SECRET" not in repr(asked)


def test_no_page_is_written_that_holds_a_token() -> None:
    trial = Trial(
        "it", "it 1", answers={"good": Answer(200, body=f"seen {TEXT}")}, faults={"away": Faulty(Answer(0), 2)}
    )

    with pytest.raises(AssertionError, match="a token's text"):
        page([trial], day="", conditions="", texts=[TEXT])


def test_a_page_tells_statuses_seconds_and_raw_answers() -> None:
    trial = Trial("it", "it 1", answers={"good": Answer(200, body="{}")}, faults={"away": Faulty(Answer(0), 2)})
    trial.passed = {"as shown": 0.5, "its default": None}
    trial.kept = {"as shown": []}

    written = page([trial], day="2026-01-01", conditions="", texts=[TEXT])

    for line in ("| it | 200 |", "| away | 0 after 2 s |", "| it | its default | more than 60 |", "good: 200 OK | {}"):
        assert line in written
