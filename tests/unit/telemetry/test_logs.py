import base64
import io
import json
import logging
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.token import PREFIX_PATTERN, mint, scanner_pattern
from pharia_access.telemetry.logs import configure_logging, redact

TOKEN = mint("pharia", secrets.token_bytes)
SECRET = TOKEN.reveal().split("_")[2]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    root.handlers = []  # not closed by what is tested
    yield
    logging.captureWarnings(capture=False)
    root.setLevel(level)
    root.handlers = handlers


def logged(log: Callable[[logging.Logger], object], *, log_format: str = "json", level: str = "debug") -> str:
    stream = io.StringIO()
    configure_logging(level=level, log_format=log_format, stream=stream)
    log(logging.getLogger("pharia_access.test"))
    return stream.getvalue()


def fail(log: logging.Logger, message: str) -> None:
    try:
        raise ValueError(message)  # noqa: TRY301 - the shortest way to an exception with a traceback
    except ValueError:
        log.exception("failed")


def test_a_json_record_is_one_line_with_time_level_logger_message_and_extra_fields() -> None:
    text = logged(lambda log: log.info("minted %s\nnow", "one", extra={"token": "a/b", "count": 3}))

    (line,) = text.splitlines()
    record: dict[str, Any] = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["timestamp"])
    assert datetime.fromisoformat(record.pop("timestamp")).utcoffset() == timedelta(0)
    assert record == {
        "level": "INFO",
        "logger": "pharia_access.test",
        "message": "minted one\nnow",
        "token": "a/b",
        "count": 3,
    }


def test_a_json_record_carries_its_exception_in_the_same_line() -> None:
    (line,) = logged(lambda log: fail(log, "broken")).splitlines()

    record = json.loads(line)
    assert record["message"] == "failed"
    assert "ValueError: broken" in record["exception"]


def test_a_text_record_is_one_line_even_where_somebody_tries_to_forge_another() -> None:
    text = logged(
        lambda log: log.warning("name %s", "x\r\n2026 ERROR forged\u2028", extra={"count": 3}), log_format="text"
    )

    (line,) = text.splitlines()
    assert line.endswith(r"WARNING pharia_access.test: name x\r\n2026 ERROR forged\u2028 count=3")


def test_a_text_record_carries_its_exception_in_the_same_line() -> None:
    (line,) = logged(lambda log: fail(log, "broken"), log_format="text").splitlines()

    assert "ValueError: broken" in line


@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.parametrize(
    "log",
    [
        pytest.param(lambda log: log.info(TOKEN.reveal()), id="in the message"),
        pytest.param(lambda log: log.info("got %s", TOKEN.reveal()), id="in an argument"),
        pytest.param(lambda log: log.info("got %s", {"a": [TOKEN.reveal()]}), id="inside an argument"),
        pytest.param(lambda log: log.info("x", extra={"body": {"token": TOKEN.reveal()}}), id="in an extra field"),
        pytest.param(lambda log: fail(log, f"bad {TOKEN.reveal()}"), id="in an exception"),
        pytest.param(lambda log: log.info({"token": TOKEN.reveal()}), id="in a dictionary"),
        pytest.param(lambda log: log.info("x%sx", TOKEN.reveal()), id="between word characters"),
        pytest.param(lambda log: log.info("%s", TOKEN.reveal()[:45]), id="cut off in its middle"),
        pytest.param(
            lambda log: log.info("data-%s", base64.b64encode(TOKEN.reveal().encode()).decode()), id="in base64"
        ),
        pytest.param(
            lambda log: log.info("%s", base64.urlsafe_b64encode(f'{{"t":"{TOKEN.reveal()}"}}'.encode()).decode()),
            id="inside something in base64",
        ),
        pytest.param(lambda log: log.info("%d", TOKEN.reveal()), id="where the record cannot be formatted"),
    ],
)
def test_no_token_leaves_through_a_log(
    log: Callable[[logging.Logger], object], log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = logged(log, log_format=log_format) + capsys.readouterr().err

    assert text
    assert SECRET not in text
    assert SECRET[:8] not in text
    assert base64.b64encode(TOKEN.reveal().encode()).decode()[40:] not in text


def test_the_id_of_a_redacted_token_stays_since_it_is_public() -> None:
    assert redact(f"got {TOKEN.reveal()}.") == f"got pharia_{TOKEN.token_id}_[redacted]."


@given(prefix=st.from_regex(PREFIX_PATTERN, fullmatch=True), entropy=st.binary(min_size=32, max_size=32))
def test_whatever_a_secret_scanner_finds_is_redacted(prefix: str, entropy: bytes) -> None:
    text = mint(prefix, lambda count: entropy[:count]).reveal()

    assert re.search(scanner_pattern(prefix), text)
    assert not re.search(scanner_pattern(prefix), redact(text))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("0b7f8b52-7f4e-4e7c-9d0b-0d9c4a8f1c11", id="a UID"),
        pytest.param(f"uid {secrets.token_hex(32)}", id="a digest"),
        pytest.param("pharia_access_reconcile_duration_seconds_bucket_of_the_operator", id="a long name"),
        pytest.param("finance/invoice-bot-ci is Ready", id="a sentence"),
    ],
)
def test_what_is_no_token_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("logger", "level", "written"),
    [
        pytest.param("kopf.objects", logging.INFO, False, id="Kopf's line for each event of each object"),
        pytest.param("kopf.objects", logging.WARNING, True, id="Kopf's warning about an object"),
        pytest.param("kopf._core.reactor.running", logging.DEBUG, False, id="Kopf's details"),
        pytest.param("kopf._core.engines.activities", logging.INFO, True, id="Kopf's information"),
        pytest.param("kubernetes.client.rest", logging.DEBUG, False, id="the client's answers"),
        pytest.param("aiohttp.access", logging.INFO, False, id="a line for each request"),
        pytest.param("pharia_access.services", logging.DEBUG, True, id="our own details"),
    ],
)
def test_at_debug_level_libraries_are_held_back(logger: str, level: int, written: bool) -> None:  # noqa: FBT001
    text = logged(lambda _: logging.getLogger(logger).log(level, "something"))

    assert ("something" in text) is written


def test_at_error_level_libraries_say_no_more_than_we_do() -> None:
    assert not logged(lambda _: logging.getLogger("kopf").warning("something"), level="error")


def test_kopfs_notes_on_a_record_are_left_out_but_the_object_is_named() -> None:
    extra = {"settings": object(), "k8s_skip": True, "k8s_ref": {"name": "x"}}

    record = json.loads(logged(lambda log: log.info("seen", extra=extra)))

    assert record["object"] == {"name": "x"}
    assert not record.keys() & {"settings", "k8s_skip", "k8s_ref"}
