"""Would a test notice? Small mistakes (mutants) in `domain/` and `services/`, one at a time, drawn by a seed.

`python -m bench.mutants --count 300 --seed 1 --minutes 60` writes bench/results/mutants.md. Each mistake is made in a
copy of the sources, and only the tests that run its lines are run, until the first fails.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from py_compile import PycInvalidationMode
from random import Random
from typing import TYPE_CHECKING, Final

from bench.mutants.mutant_report import Fate, Tried, write_report
from bench.mutants.mutant_sites import Site, sites
from bench.mutants.mutant_tests import SRC, TestMap, read_map

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

__all__ = ["Shadow", "draw", "main"]

PACKAGES: Final = ("domain", "services")
MOST_SECONDS: Final = 600
"""For all tests of one mistake. One that has a test wait for ever is noticed by that test's own limit."""
MOST_MEMORY: Final = 4 << 30
_OPTIONS: Final = ("-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--timeout=120")
_NOTICED = Path(".local/mutants/noticed.json")
_PASSED, _NONE_FOUND = 0, 5


def draw(found: Iterable[Site], *, seed: int, count: int) -> list[Site]:
    """A sample; the same for the same code and seed, and a smaller one is the beginning of a larger one."""
    shuffled = list(found)
    Random(seed).shuffle(shuffled)  # noqa: S311 - repeatable
    return shuffled[:count]


@dataclass(frozen=True, slots=True)
class Shadow:
    """A copy of the sources, which is what the tests import."""

    folder: Path

    @classmethod
    def of(cls, sources: Path, folder: Path) -> Shadow:
        """Copy and compile. A hash says what was compiled: two changes within a second would look the same by date."""
        shutil.copytree(sources, folder / sources.name, ignore=shutil.ignore_patterns("__pycache__"))
        compileall.compile_dir(folder, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
        return cls(folder)

    def fate(self, site: Site, tests: Sequence[str]) -> Fate:
        """Make the mistake, ask the tests, and undo it."""
        if not tests:
            return Fate.UNTESTED
        file = self.folder / SRC.name / site.path.relative_to(SRC)
        file.write_text(site.source())
        try:
            return self._ask(tests)
        finally:
            shutil.copyfile(site.path, file)

    def _ask(self, tests: Sequence[str]) -> Fate:
        names = self.folder / "tests.txt"
        names.write_text("\n".join(tests))
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *_OPTIONS, f"@{names}"],
            env={**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"},  # noqa: TID251
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            if hasattr(resource, "prlimit"):
                resource.prlimit(process.pid, resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
            status = process.wait(MOST_SECONDS)
        except subprocess.TimeoutExpired:
            return Fate.TIMED_OUT
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return {_PASSED: Fate.SURVIVED, _NONE_FOUND: Fate.UNTESTED}.get(status, Fate.KILLED)


def tried(
    drawn: Iterable[Site], tests: TestMap, *, until: float, noticed: Container[tuple[str, ...]] = ()
) -> Iterator[Tried]:
    """One after the other, until that time of `time.monotonic`. What was `noticed` before is not tried again."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        shadow = Shadow.of(SRC, Path(folder))
        for number, site in enumerate(drawn, start=1):
            if time.monotonic() > until:
                return
            one = Tried.of(site, Fate.KILLED)
            if one.what not in noticed:
                one = replace(one, fate=shadow.fate(site, tests.of(site)))
            print(f"{number} {one.fate}: {one.path}:{one.line} {one.operator}", flush=True)
            yield one


def read_noticed() -> set[tuple[str, ...]]:
    """What tests noticed in the last run; they still do, if tests were only added."""
    return {tuple(what) for what in json.loads(_NOTICED.read_text())} if _NOTICED.exists() else set()


def keep_noticed(fates: Iterable[Tried]) -> None:
    """For `read_noticed`."""
    _NOTICED.write_text(json.dumps([one.what for one in fates if one.noticed]))


def main(arguments: list[str]) -> int:
    """Try them, and write what became of them; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--missed", action="store_true", help="do not try again what the last run noticed")
    chosen = parser.parse_args(arguments)
    until = time.monotonic() + 60 * chosen.minutes
    found = [site for package in PACKAGES for file in sorted((SRC / package).rglob("*.py")) for site in sites(file)]
    drawn = draw(found, seed=chosen.seed, count=chosen.count)
    began = time.monotonic()
    noticed = read_noticed() if chosen.missed else set()
    fates = list(tried(drawn, read_map(), until=until, noticed=noticed))
    keep_noticed(fates)
    write_report(fates, seed=chosen.seed, of=len(found), seconds=time.monotonic() - began)
    return 0
