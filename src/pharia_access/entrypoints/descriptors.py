"""Open files: as many as the process may have, and how many of them connections may take.

A runtime gives a container a soft limit that may be far below the hard one, for the sake of programs that use
`select`; this one does not. Out of descriptors a process can read no file, answer no probe and reach no API server, so
connections are bounded below the limit.
"""

import logging
import resource
from typing import Final

__all__ = ["connections_within", "raise_open_files"]

log = logging.getLogger(__name__)

_MOST_OPEN_FILES: Final = 1_048_576
"""What Linux allows at most unless told otherwise (sysctl `fs.nr_open`), where the hard limit names no number."""
_BESIDE: Final = 64
"""For files and the event loop; and for each port, for what comes in before it is turned away."""
_PROBES: Final = 64
"""As many connections as the health port has at most."""
_FEWEST: Final = 16


def raise_open_files() -> int:
    """Raise the soft limit of open files to the hard one; the limit from now on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else hard
    if soft == resource.RLIM_INFINITY or soft >= most:
        return _MOST_OPEN_FILES if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (OSError, ValueError) as error:
        log.warning("the limit of open files stays", extra={"openFiles": soft, "error": type(error).__name__})
        return soft
    log.debug("raised the limit of open files", extra={"before": soft, "openFiles": most})
    return most


def connections_within(wanted: int, *, open_files: int, ports: int, to_server: int) -> int:
    """How many connections each of `ports` ports may have, so that other work has descriptors.

    Args:
        wanted: at most so many.
        open_files: the limit.
        ports: of those that are bounded.
        to_server: connections to the API server.
    """
    left = (open_files - _BESIDE - _PROBES - to_server) // ports - _BESIDE
    return min(wanted, max(_FEWEST, left))
