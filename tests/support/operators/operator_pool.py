"""One operator at a time on a control plane: one that tests share, or one that a test has for itself.

A test that stops, kills or sets up an operator in its own way asks for its own; the shared one ends meanwhile and is
started again by the next test that wants it.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tools.control_plane.operators import PROGRAM, RunningOperator, start_operator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

__all__ = ["QUICK", "OperatorPool"]

QUICK = {
    "PHARIA_ACCESS_DEFAULT_WINDOW": "5s",
    "PHARIA_ACCESS_PENDING_BOUND": "20s",
    "PHARIA_ACCESS_WARN_BEFORE": "4s",
    "PHARIA_ACCESS_PROBE_FIRST": "1s",
    "PHARIA_ACCESS_PROBE_MAX": "2s",
    "PHARIA_ACCESS_PROBE_BUDGET_PER_SECOND": "50",
    "PHARIA_ACCESS_SETTLE": "1s",
    # One name for one after the other: the next one need not wait for the Lease of one that was killed.
    "PHARIA_ACCESS_IDENTITY": "the-only-one",
}
"""Settings by which tests wait seconds where people wait hours."""


class OperatorPool:
    """Starts operators with files under `root`; `stop` ends what still runs."""

    def __init__(self, control_plane: ControlPlane, root: Path) -> None:
        self._control_plane = control_plane
        self._root = root
        self._numbers = itertools.count(1)
        self._shared: RunningOperator | None = None
        self._more: Mapping[str, str] = {}

    def shared(self) -> RunningOperator:
        """The operator that tests share, ready, with QUICK settings."""
        if self._shared is None or not self._shared.process.running:
            self._shared = self.start()
        self._shared.wait_until_ready()
        return self._shared

    def renew(self, *, program: Sequence[str | Path] = (PROGRAM,)) -> None:
        """Have another operator for tests to share; it starts, whether it becomes ready or not."""
        self.stop()
        self._shared = self.start(program=program)

    @contextmanager
    def without_guards(self) -> Iterator[None]:
        """Until the block ends, operators do without guards, as where people chose to: one is taken away meanwhile."""
        self.stop()
        self._more = {"PHARIA_ACCESS_REQUIRE_GUARDS": "false"}
        try:
            yield
        finally:
            self.stop()
            self._more = {}

    @contextmanager
    def alone(
        self,
        env: Mapping[str, str] | None = None,
        *,
        kubeconfig: Path | None = None,
        program: Sequence[str | Path] = (PROGRAM,),
    ) -> Iterator[RunningOperator]:
        """One operator with QUICK settings and these, ready, until the block ends; no other one runs."""
        self.stop()
        operator = self.start(env, kubeconfig=kubeconfig, program=program)
        try:
            operator.wait_until_ready()
            yield operator
        finally:
            operator.process.stop()

    def start(
        self,
        env: Mapping[str, str] | None = None,
        *,
        kubeconfig: Path | None = None,
        program: Sequence[str | Path] = (PROGRAM,),
    ) -> RunningOperator:
        """Start one, whatever else runs; the caller ends it."""
        root, settings = self._root / f"operator-{next(self._numbers)}", {**QUICK, **self._more, **(env or {})}
        return start_operator(self._control_plane, root, settings, kubeconfig=kubeconfig, program=program)

    def stop(self) -> None:
        """End the shared operator, if it runs."""
        if self._shared is not None:
            self._shared.process.stop()
            self._shared = None
