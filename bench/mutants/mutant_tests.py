"""Which tests run which lines: by coverage, with a context for each test, kept until the code or a test changes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coverage import CoverageData

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.mutants.mutant_sites import Site

__all__ = ["SRC", "TESTS", "TestMap", "load_map", "read_map"]

SRC: Final = Path("src/pharia_access")
TESTS: Final = ("tests/unit/domain", "tests/unit/services")
"""What is asked. Other tests run these modules too, as a part of something larger."""

_FOLDER = Path(".local/mutants")
_DATA = _FOLDER / "coverage"
_CONFIGURATION = "[run]\nsource_pkgs =\n    pharia_access.domain\n    pharia_access.services\n"


class TestMap:
    """The tests of each line."""

    __test__ = False

    def __init__(self, tests_by_line: Mapping[Path, Mapping[int, Iterable[str]]]) -> None:
        self._tests = {path: {line: set(tests) for line, tests in by.items()} for path, by in tests_by_line.items()}
        self._breadth = Counter(test for by in self._tests.values() for tests in by.values() for test in tests)

    def of(self, site: Site) -> list[str]:
        """The tests that run a site; empty where none does.

        Those named like its module come first, then those that run few lines. What runs at the import alone, once for
        all tests, is asked of all tests of the file.
        """
        by_line = self._tests.get(site.path, {})
        found = self._of_lines(by_line, site.lines)
        if not found and site.function is not None:
            # A test's context is not that of the import: the line of `def` itself has none.
            found = self._of_lines(by_line, site.function)
        if not found and site.function is None:
            found = set().union(*by_line.values())
        return sorted(found, key=lambda test: (f"/test_{site.path.stem}" not in test, self._breadth[test], test))

    @staticmethod
    def _of_lines(by_line: Mapping[int, set[str]], lines: tuple[int, int]) -> set[str]:
        return set().union(*(by_line.get(line, ()) for line in range(lines[0], lines[1] + 1)))


def read_map() -> TestMap:
    """Of the tests as they are now; runs them all, once, where that is not known. Raises where one fails."""
    newest = max(file.stat().st_mtime for folder in ("src", "tests", "tools") for file in Path(folder).rglob("*.py"))
    if not _DATA.exists() or _DATA.stat().st_mtime < newest:
        _run_all()
    return load_map(_DATA)


def load_map(measured: Path) -> TestMap:
    """Of a file of coverage's, measured here."""
    data = CoverageData(str(measured))
    data.read()
    tests: dict[Path, dict[int, set[str]]] = {}
    for file in data.measured_files():
        by_line: dict[int, set[str]] = defaultdict(set)
        for line, contexts in data.contexts_by_lineno(file).items():
            by_line[line] |= {context.partition("|")[0] for context in contexts if context}
        tests[Path(file).resolve().relative_to(Path.cwd())] = by_line
    return TestMap(tests)


def _run_all() -> None:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    _DATA.unlink(missing_ok=True)
    configuration = _FOLDER / "coveragerc"
    configuration.write_text(_CONFIGURATION)
    options = ["--cov", f"--cov-config={configuration}", "--cov-context=test", "--cov-report="]
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", *options, *TESTS]
    environment = {**os.environ, "COVERAGE_FILE": str(_DATA), "COVERAGE_CORE": "ctrace"}  # noqa: TID251 - a tool's own
    subprocess.run(command, check=True, env=environment)
