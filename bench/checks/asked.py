"""What wrk says of a run, as numbers."""

from __future__ import annotations

import re

from tools.control_plane.processes import ProcessError

__all__ = ["count_in", "milliseconds_in", "rate_in"]

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def count_in(said: str, *, refused: bool = False) -> tuple[int, float]:
    """How many requests, in how many seconds. Raises ProcessError if one was answered otherwise than expected."""
    found = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m)", said)
    others = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    if found is None or (int(others[1]) if others else 0) != (int(found[1]) if refused else 0):
        message = f"the verifier answered otherwise than it should: {said}"
        raise ProcessError(message)
    return int(found[1]), float(found[2]) * {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}[found[3]]


def rate_in(said: str, *, refused: bool = False) -> float:
    """Requests a second."""
    count, seconds = count_in(said, refused=refused)
    return count / seconds


def milliseconds_in(said: str, percent: int) -> float:
    """A percentile of the latency, of 50, 75, 90 and 99."""
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", said)
    if found is None:
        message = f"wrk told no latency: {said}"
        raise ProcessError(message)
    return float(found[1]) * _UNITS[found[2]]
