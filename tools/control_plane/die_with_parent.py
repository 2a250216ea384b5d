"""Runs a program that ends when its starter does: `python die_with_parent.py STARTER_PID PROGRAM ARGUMENT...`.

Asks the kernel to kill this process when the thread that started it ends (PR_SET_PDEATHSIG, Linux only), then
becomes the program. Imports nothing from the project, so that it starts in a few milliseconds.
"""

import ctypes
import os
import signal
import sys

__all__ = ["main"]

_PR_SET_PDEATHSIG = 1


def main(starter: int, argv: list[str]) -> None:
    """Become `argv`, tied to the life of the process `starter`."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != starter:  # it ended before the kernel was told
        sys.exit(f"the starter of {argv[0]} is gone")
    os.execv(argv[0], argv)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
