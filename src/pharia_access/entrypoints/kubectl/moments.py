"""How times are shown. In a table relative, since that decides; in the view of one object both; for programs absolute.

What is over is cut off, as kubectl does. What is left is rounded to the nearest step that is shown: a token that was
just minted for 30 days ends in 30 days, and not in 29.
"""

from datetime import datetime, timedelta
from typing import Final

from pharia_access.domain.times import format_time

__all__ = ["age", "ago", "left", "moment", "until"]

_UNITS: Final = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_FEW: Final = 4  # of a unit, up to which the finer one is shown too


def age(since: datetime | None, now: datetime) -> str:
    """How long ago, in a unit or two: `5d`, `90m`, `3d4h`."""
    return "" if since is None else _short(_seconds(now - since))


def ago(when: datetime | None, now: datetime, *, never: str = "") -> str:
    """The same of something that happened: `5d ago`."""
    return never if when is None else f"{age(when, now)} ago"


def left(end: datetime | None, now: datetime) -> str:
    """How far a moment is: `in 30d`, `5d ago`."""
    if end is None:
        return ""
    return f"in {_nearest(_seconds(end - now))}" if end > now else ago(end, now)


def until(end: datetime | None, now: datetime) -> str:
    """A moment to come and how far it is: `2027-01-31T00:00:00Z (in 66d)`."""
    return "" if end is None else f"{format_time(end)} ({left(end, now)})"


def moment(when: datetime | None) -> str:
    """A moment, as Kubernetes writes it."""
    return "" if when is None else format_time(when)


def _seconds(duration: timedelta) -> int:
    return max(0, int(duration.total_seconds()))


def _nearest(seconds: int) -> str:
    """Rounded to the step that is shown."""
    step = next((_step(seconds, place) for place, (unit, _) in enumerate(_UNITS) if seconds >= unit), 1)
    return _short((seconds + step // 2) // step * step)


def _step(seconds: int, place: int) -> int:
    unit = _UNITS[place][0]
    return _UNITS[place + 1][0] if seconds < _FEW * unit and place + 1 < len(_UNITS) else unit


def _short(seconds: int) -> str:
    for place, (unit, letter) in enumerate(_UNITS):
        count, rest = divmod(seconds, unit)
        if not count:
            continue
        finer = _UNITS[place + 1] if place + 1 < len(_UNITS) else None
        tail = f"{rest // finer[0]}{finer[1]}" if finer and count < _FEW and rest >= finer[0] else ""
        return f"{count}{letter}{tail}"
    return "0s"
