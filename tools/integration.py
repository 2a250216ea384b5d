"""The integration tests; the few that fail are run once more, alone: `python -m tools.integration [OPTION]...`.

They wait for programs with deadlines. Beside others on two cores a test can miss one; alone it has both. A test that
passes only then is named, so that somebody mends it. The options are pytest's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tools.failed_tests import LIST

__all__ = ["main"]

MOST: Final = 8
"""More than so many that fail are no accident."""

NEVER_AGAIN: Final = ("attack", "chaos", "defences", "hostile", "model", "secrets_unread", "stolen", "strangers")
"""Files, by a part of their name, that generate what they do, or look for a way in: one way in is one too many."""

_ROOT: Final = Path(__file__).resolve().parent.parent
_FOLDER: Final = "tests/integration"
_SOME_FAILED: Final = 1


def main(options: list[str]) -> int:
    """Run them; answer pytest's exit status, which is 0 where those that failed passed alone."""
    with tempfile.TemporaryDirectory(prefix="pharia-access-tests-") as folder:
        listed = Path(folder) / "failed"
        status = run([_FOLDER, *options], listed)
        failed = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
        if status != _SOME_FAILED or not may_run_again(failed):
            return status
        status = run([*failed, "-n", "0", "--no-cov"], listed)
    if not status:
        print("integration: passed only alone, so that what they wait for is worth a look:", *failed, sep="\n  ")
    return status


def may_run_again(failed: list[str]) -> bool:
    """Whether these few may have failed for want of time."""
    files = {test.partition("::")[0].rpartition("/")[2] for test in failed}
    return 0 < len(failed) <= MOST and not any(part in file for file in files for part in NEVER_AGAIN)


def run(arguments: list[str], listed: Path) -> int:
    """One run of pytest, which writes the tests that fail to `listed`, a line each."""
    argv = [sys.executable, "-m", "pytest", "-p", "tools.failed_tests", *arguments]
    # In pytest's own process, and not in this one's: there the interrupt of Ctrl-C goes.
    environment = {**os.environ, LIST: str(listed)}  # noqa: TID251 - for the tests that are started here
    return subprocess.run(argv, cwd=_ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
