"""What a person writes for lengths and ends, as types of options: what is wrong is told before anything is sent."""

from typing import Any, Final

import click

from pharia_access.domain.administration.lifetime_input import (
    InvalidDurationError,
    parse_length,
    parse_lifetime,
    parse_timeout,
)

__all__ = ["LENGTH", "LIFETIME", "TIMEOUT"]


class _DurationParam(click.ParamType[Any]):
    def __init__(self, name: str, read: Any) -> None:  # noqa: ANN401 - from text to the value
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - Click's
        """Read it, or end with a usage error."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except InvalidDurationError as error:
            self.fail(str(error), param, ctx)


LENGTH: Final = _DurationParam("length", parse_length)
"""A timedelta: `90d`, `12h`."""

LIFETIME: Final = _DurationParam("lifetime", parse_lifetime)
"""A Lifetime: a length, or an end."""

TIMEOUT: Final = _DurationParam("timeout", lambda text: parse_timeout(text or "30s"))
"""Seconds, as kubectl's `--request-timeout`; an empty one is none that was named."""
