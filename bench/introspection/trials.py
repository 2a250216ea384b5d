"""One client, tried: each situation of a token, each fault on the way, and how long a revoked token still passes."""

from __future__ import annotations

import http.client
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.bench_cluster import say
from bench.introspection.relay import FAULTS, relay
from bench.introspection.stage import CAP_SECONDS, ROLE, SITUATIONS, Stage
from tools.control_plane.processes import free_port
from tools.gateways.witness import witness
from tools.introspection.configurations import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.introspection.configurations import Changes
    from tools.introspection.launches import Answer, Client, Running

__all__ = ["LONGEST_SECONDS", "Faulty", "Trial", "tried"]

LONGEST_SECONDS = 60.0
"""Whoever lets a revoked token pass for longer is not waited for."""
_POLL_SECONDS = 0.25
_SHOWN = "as shown"
_ANYWAY = {"host", "connection", "accept-encoding", "x-forwarded-for", "x-forwarded-host", "x-forwarded-server"}


@dataclass(frozen=True, slots=True)
class Faulty:
    """What became of a request with a good token, and after how many seconds."""

    answer: Answer
    seconds: float


@dataclass(slots=True)
class Trial:
    """What was found.

    Attributes:
        ways: how it asks the verifier.
        answers: by situation; also with no token and with two.
        faults: by fault.
        passed: seconds that a revoked token still passed, by setting; None: longer than LONGEST_SECONDS.
        kept: files in which a token's text stood afterwards, by setting.
        handed_on: names of the headers that a service behind it got.
        believed: those of them that a client had forged.
        shown: whether the token itself reached the service.
    """

    name: str
    versions: str
    ways: set[str] = field(default_factory=set)
    answers: dict[str, Answer] = field(default_factory=dict)
    faults: dict[str, Faulty] = field(default_factory=dict)
    passed: dict[str, float | None] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)
    handed_on: list[str] = field(default_factory=list)
    believed: list[str] = field(default_factory=list)
    shown: bool = False


def tried(client: Client, made: Stage, root: Path) -> Trial:
    """Try it. Raises MissingProgramError, BuildError, ProcessError."""
    trial = Trial(client.name, client.versions())
    say(f"{trial.name}: {trial.versions}")
    _try_situations(trial, client, made, root / "shown")
    if client.keeping:
        capped = f"{client.keeping}; `INTROSPECTION_LONGEST_EXPIRY: {CAP_SECONDS}s`"
        _try_revocation(trial, client, made, root / "keeping", setting=client.keeping, verifier=made.verifier)
        _try_revocation(trial, client, made, root / "capped", setting=capped, verifier=made.capped)
    _try_faults(trial, client, made, root / "faults")
    return trial


def _try_situations(trial: Trial, client: Client, made: Stage, root: Path) -> None:
    with _running(client, made, root, made.verifier) as running:
        trial.answers["no token"] = running.ask()
        for situation in SITUATIONS:
            trial.answers[situation] = running.ask(made.tokens[situation])
        trial.answers["two tokens"] = running.ask(made.tokens["good"], made.tokens["good"])
        _try_headers(trial, running, made)
        trial.passed[_SHOWN] = _seconds_passed(running, made)
    trial.kept[_SHOWN] = _kept(root, made)


def _try_headers(trial: Trial, running: Running, made: Stage) -> None:
    """What a service behind it learns, and from whom."""
    seen = trial.answers["good"].seen
    if seen is None:
        return
    trial.shown = any(text in str(seen) for text in made.texts)
    trial.handed_on = [name for name, value in seen.headers if value and name not in _ANYWAY]
    spellings = [*trial.handed_on, *(name.replace("-", "_") for name in trial.handed_on)]
    spellings += [name.replace("_", "-") for name in trial.handed_on]
    forged = running.ask(made.tokens["good"], headers=dict.fromkeys(spellings, "forged")).seen
    assert forged is not None
    trial.believed = sorted({name for name, value in forged.headers if "forged" in value})


def _try_revocation(  # noqa: PLR0913 - what is tried, where, and against what
    trial: Trial, client: Client, made: Stage, root: Path, *, setting: str, verifier: str
) -> None:
    with _running(client, made, root, verifier, client.cache) as running:
        trial.passed[setting] = _seconds_passed(running, made)
    trial.kept[setting] = _kept(root, made)


def _try_faults(trial: Trial, client: Client, made: Stage, root: Path) -> None:
    with (
        relay(made.certificates, made.verifier, made.caller) as between,
        _running(client, made, root, between.address) as running,
    ):
        # Made before anything is at fault; nobody has asked about them.
        texts = iter([made.fresh()[1] for _ in range(len(FAULTS) + 3)])
        running.ask(made.tokens["good"])
        trial.ways = set(between.ways)
        for fault in FAULTS:
            between.fault = fault
            trial.faults[fault] = _asked(running, next(texts))
        between.fault = ""
        with made.caller_changed({"suspended": True}, {"suspended": False}, http.client.UNAUTHORIZED):
            trial.faults["the caller's token is not accepted"] = _asked(running, next(texts))
        with made.caller_changed({"roles": [ROLE]}, {"roles": ["introspection"]}, http.client.FORBIDDEN):
            trial.faults["the caller may not introspect"] = _asked(running, next(texts))
        between.close()
        trial.faults["the verifier is away"] = _asked(running, next(texts))


@contextmanager
def _running(
    client: Client, made: Stage, root: Path, verifier: str, changes: Changes | None = None
) -> Iterator[Running]:
    root.mkdir(parents=True)
    with witness() as service:
        place = Place(
            root,
            free_port(),
            verifier,
            made.certificates.ca_file,
            service.address,
            secret=made.caller,
            changes=changes or {},
        )
        with client.running(place) as running:
            yield running


def _seconds_passed(running: Running, made: Stage) -> float | None:
    """From the API server's answer to the first refusal. Raises AssertionError if the good token does not pass."""
    name, text = made.fresh()
    first = running.ask(text)
    assert first.status == http.client.OK, first
    revoked = made.revoke(name)
    while (passed := time.monotonic() - revoked) < LONGEST_SECONDS:
        if running.ask(text).status != http.client.OK:
            return passed
        time.sleep(_POLL_SECONDS)
    return None


def _asked(running: Running, text: str) -> Faulty:
    began = time.monotonic()
    answer = running.ask(text)
    return Faulty(answer, time.monotonic() - began)


def _kept(root: Path, made: Stage) -> list[str]:
    """The files below a folder in which the text of a token stands."""
    texts = [text.encode() for text in made.texts]
    files = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    holding = [path for path in files if any(text in path.read_bytes() for text in texts)]
    return sorted(path.relative_to(root).as_posix() for path in holding)
