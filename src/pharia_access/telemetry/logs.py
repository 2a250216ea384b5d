"""Logs: one line a record, JSON for machines or text for people, times in UTC.

Nothing in this package logs a token. Should one come along all the same, in a message, an argument, an extra
field or an exception's text, it is cut out of the finished line: the last place before it leaves the process.
"""

import base64
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from pharia_access.domain.token import PREFIX_PATTERN, TOKEN_ID_PATTERN

__all__ = ["configure_logging", "redact"]

_MOST_TALKATIVE: Final = {
    # At DEBUG Kopf prints whole objects and patches, and at INFO a line for each event of each object.
    "kopf": logging.INFO,
    "kopf.objects": logging.WARNING,
    # Says with a traceback how each run ended, which our `watching` says once; warns that signals are ours.
    "kopf._core.reactor.running": logging.CRITICAL,
    "kopf._core.reactor.orchestration": logging.CRITICAL,
    # At DEBUG the clients print answers, Secrets among them.
    "kubernetes": logging.INFO,
    "client": logging.INFO,  # what kubernetes.aio calls its own
    "urllib3": logging.INFO,
    # A line for each request says nothing that the metrics do not.
    "aiohttp.access": logging.WARNING,
    "asyncio": logging.INFO,
}
_KOPF_FIELDS: Final = ("k8s_skip", "settings")  # Kopf's own notes on a record, whole objects among them

# A token or the beginning of one: its ID may be shown, its secret not. Finds more than the scanners' pattern,
# which asks for the whole.
_TOKEN: Final = re.compile(rf"({PREFIX_PATTERN}_{TOKEN_ID_PATTERN})_[0-9A-Za-z]{{8,}}")
_BASE64: Final = re.compile(r"[0-9A-Za-z+/_-]{44,}={0,2}")  # long enough to hold a prefix, an ID and some more
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def configure_logging(*, level: str = "info", log_format: str = "json", stream: TextIO | None = None) -> None:
    """Send every record to one stream (standard error), replacing any earlier setup.

    Args:
        level: the least serious record that is written: debug, info, warning or error. Some libraries are
            held to a higher one, because they print what must not be in a log.
        log_format: json for one object a line, text for people.
        stream: where to.
    """
    handler = _Handler(stream if stream is not None else sys.stderr)
    handler.setFormatter(_JsonLines() if log_format == "json" else _TextLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name, least in _MOST_TALKATIVE.items():
        logging.getLogger(name).setLevel(max(least, logging.getLogger().level))


def redact(text: str) -> str:
    """Remove the secret part of every token in a text, including tokens in base64."""
    return _BASE64.sub(_without_token, _TOKEN.sub(r"\1_[redacted]", text))


def _without_token(found: re.Match[str]) -> str:
    run = found.group().replace("-", "+").replace("_", "/").rstrip("=")
    # What stands before may look like base64 too, so each alignment is tried.
    decoded = (_decoded(run[start:]) for start in range(4))
    return "[redacted base64]" if any(map(_TOKEN.search, decoded)) else found.group()


def _decoded(run: str) -> str:
    return base64.b64decode(run[: len(run) // 4 * 4]).decode("latin-1")


class _Handler(logging.StreamHandler[TextIO]):
    """Never prints a record that cannot be written, as the standard library does: such a record is not redacted."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Report where the record came from, and nothing of its content."""
        where = f"{record.name} at {record.filename}:{record.lineno}"
        sys.stderr.write(f"a log record of {where} could not be written\n")


class _JsonLines(JsonFormatter):
    """`timestamp`, `level`, `logger`, `message`, then extra fields and the exception."""

    def __init__(self) -> None:
        super().__init__(
            ["timestamp", "levelname", "name", "message"],
            rename_fields={
                "levelname": "level",
                "name": "logger",
                "exc_info": "exception",
                "k8s_ref": "object",
            },
            reserved_attrs=[*RESERVED_ATTRS, *_KOPF_FIELDS],
        )

    def format(self, record: logging.LogRecord) -> str:
        """Write the record as one line without secrets."""
        record.timestamp = _utc(record)
        return redact(super().format(record))


class _TextLines(logging.Formatter):
    """Text for people. Escapes line breaks inside a record, so that nobody can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record as one line without secrets."""
        known = {*RESERVED_ATTRS, *_KOPF_FIELDS, "k8s_ref", "message", "timestamp"}
        extra = "".join(f" {key}={value}" for key, value in vars(record).items() if key not in known)
        head = f"{_utc(record)} {record.levelname:<7} {record.name}: "
        return _CONTROL.sub(_escaped, redact(head + super().format(record) + extra))


def _escaped(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode("ascii")


def _utc(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
