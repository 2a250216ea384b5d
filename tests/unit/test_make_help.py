"""`make help` is the first thing that who changes the code reads: all targets, in a terminal of 80 columns."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_make_help_tells_of_every_target_within_80_columns() -> None:
    # Within `make test`, make would say which folder it enters.
    argv = ["make", "--no-print-directory", "help"]
    told = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    described = re.findall(r"^([a-z0-9-]+):.*## (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    assert [line for line in told.splitlines() if len(line) > 80] == []
    assert told.split() == [word for name, said in described for word in ("make", name, *said.split())]
