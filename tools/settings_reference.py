"""Writes docs/reference/settings.md from the program's settings: `python3 -m tools.settings_reference`.

A test proves that the page is up to date.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pharia_access.domain.durations import format_duration
from pharia_access.settings.base import environment_name
from pharia_access.settings.operator import OperatorSettings
from pharia_access.settings.types import SettingType
from pharia_access.settings.verifier import VerifierSettings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

__all__ = ["PAGE", "main", "page"]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "settings.md"

_HEAD = """\
# Settings

Operator and verifier read their settings from environment variables, once, at their start. In the chart they are values
below `settings` and `verifier.settings`, in the same order, in camel case: `settings.defaultTTL` sets
`PHARIA_ACCESS_DEFAULT_TTL` of the operator. But `watchNamespaces` is one value for both, since their rights follow it.
A wrong setting stops the start with one line for each variable, which says what it may be. So does a variable that
begins with `PHARIA_ACCESS_` and is a setting of neither program, such as a misspelt one. The chart refuses both before
anything is installed, the wrong settings in the same words
([decision 39](../decisions/0039-values-are-judged-by-the-programs-rules.md)).

Durations have Go's form, as everywhere in Kubernetes: hours, minutes and seconds, such as `2160h`, `1h30m` or `90s`.
There is no unit for days. Where a description names another setting, it leaves `PHARIA_ACCESS_` out.

## The operator

Beyond its own bounds, a setting must fit to the others: `DEFAULT_TTL` is at most `MAX_TTL`, `PROBE_FIRST` at most
`PROBE_MAX`, `LEASE_RENEW_DEADLINE` less than `LEASE_DURATION`, 1.2 times `LEASE_RETRY_PERIOD` less than
`LEASE_RENEW_DEADLINE`, and the Argon2id parameters together reach one of OWASP's minimums.

| Variable | Default | It may be | What it does |
| --- | --- | --- | --- |
"""


_VERIFIER = """
## The verifier

`WATCH_TIMEOUT` is less than `VIEW_BOUND`; `TLS_CERT_FILE` and `TLS_KEY_FILE` belong together; `TOKEN_REVIEW` needs its
three files. The chart sets the folder of the keyring and the files of TLS itself.

| Variable | Default | It may be | What it does |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The whole page as it should be."""
    return _HEAD + _rows(OperatorSettings) + _VERIFIER + _rows(VerifierSettings)


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


def _rows(settings: type[OperatorSettings | VerifierSettings]) -> str:
    return "".join(_row(name, field) for name, field in settings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    (kind,) = (metadata for metadata in field.metadata if isinstance(metadata, SettingType))
    what = " ".join((field.description or "").split())
    return f"| `{environment_name(name)}` | {_default(field)} | {kind.may_be} | {what} |\n"


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "see right"
    default = field.default
    if isinstance(default, timedelta):
        return f"`{format_duration(default)}`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, datetime):
        return "empty"
    text = ",".join(sorted(default)) if isinstance(default, tuple | frozenset) else str(default)
    return f"`{text}`" if text else "empty"


if __name__ == "__main__":
    main()
