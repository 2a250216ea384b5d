"""The page of what was found: bench/results/introspection-clients.md. No text of a token gets into it."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

from bench.introspection.trials import LONGEST_SECONDS
from bench.report import table, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bench.introspection.trials import Faulty, Trial
    from tools.introspection.launches import Answer

__all__ = ["page"]

_LONGEST_BODY = 160
_SLOW_SECONDS = 1.0
_HEAD = """\
# Clients of introspection

Written by `make introspection-clients` on {day}: each client as `clients/introspection` sets it up, before the real
verifier behind TLS, with the real operator on a real API server.
[The guide](../../docs/how-to/introspect-tokens.md) shows these files, and says what follows.

{conditions}

## Who they are, and how they ask

"Oathkeeper, its defaults" is the same without `scope_strategy` and `log`.

{ways}

## What each answers

The status for a request with such a token. "forged": the ID of a good token, another secret, a checksum that fits.
"more": a good token with `&x=y` behind it, which a client that does not encode would send as a field of its own. "two
tokens": the same good one in two `Authorization` headers; the first counts, or both are refused.

{situations}

## How long a revoked token still passes

Seconds from the API server's answer to the first refusal, asked every 0.25 s for at most {longest:g} s. The token lives
for 12 hours. A client that keeps no answers is measured once.

{passed}

## What each makes of faults

The status for a good token that the client has not asked about before, and the seconds if there were more than one.
0: no answer within 40 s, or none that is HTTP.

{faults}

## Where tokens are found afterwards

Files of the client that held the text of a token, its own or one that was shown to it. Then what reached the service
behind a proxy, and which of these headers a client with a good token may write itself, in this spelling or with `-` and
`_` exchanged.

{kept}

## The raw answers

{raw}
"""


def page(trials: Sequence[Trial], *, day: str, conditions: str, texts: Iterable[str]) -> str:
    """Write all of it. Raises AssertionError if one of the texts stands in it."""
    written = _HEAD.format(
        day=day,
        conditions=conditions,
        longest=LONGEST_SECONDS,
        ways=words(["client", "versions", "how it asks"], [_ways(trial) for trial in trials]),
        situations=table(["client", *trials[0].answers], [[t.name, *_statuses(t.answers.values())] for t in trials]),
        passed=table(["client", "setting", "seconds"], list(_passed(trials))),
        faults=table(["fault", *(trial.name for trial in trials)], list(_faults(trials))),
        kept=words(["client", "setting", "where"], list(_kept(trials))),
        raw="\n\n".join(_raw(trial) for trial in trials),
    ).rstrip()
    assert not any(text in written for text in texts), "a token's text in the results"
    return written


def _ways(trial: Trial) -> list[str]:
    return [trial.name, trial.versions, "; ".join(sorted(trial.ways))]


def _statuses(answers: Iterable[Answer]) -> Iterator[str]:
    return (str(answer.status) for answer in answers)


def _passed(trials: Sequence[Trial]) -> Iterator[list[str]]:
    for trial in trials:
        for setting, seconds in trial.passed.items():
            yield [trial.name, setting, f"more than {LONGEST_SECONDS:g}" if seconds is None else f"{seconds:.2f}"]


def _faults(trials: Sequence[Trial]) -> Iterator[list[str]]:
    for fault in trials[0].faults:
        yield [fault, *(_faulty(trial.faults[fault]) for trial in trials)]


def _faulty(found: Faulty) -> str:
    return f"{found.answer.status}" + (f" after {found.seconds:.0f} s" if found.seconds > _SLOW_SECONDS else "")


def _kept(trials: Sequence[Trial]) -> Iterator[list[str]]:
    for trial in trials:
        for setting, files in trial.kept.items():
            yield [trial.name, setting, _code(files)]
        if trial.handed_on:
            yield [trial.name, "the service behind", "sees the token" if trial.shown else "does not see the token"]
            yield [trial.name, "headers for the service", _code(trial.handed_on)]
            yield [trial.name, "of these, forged by a client", _code(trial.believed)]


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _raw(trial: Trial) -> str:
    alike: dict[str, list[str]] = {}
    for name, answer in (*trial.answers.items(), *((fault, found.answer) for fault, found in trial.faults.items())):
        alike.setdefault(_told(answer), []).append(name)
    lines = [f"{'; '.join(names)}: {told}" for told, names in alike.items()]
    return "\n".join([f"### {trial.name}", "", "```text", *lines, "```"])


def _told(answer: Answer) -> str:
    body = "a page" if answer.body.lstrip().startswith("<") else " ".join(answer.body.split())
    shown = body if len(body) <= _LONGEST_BODY else f"{body[:_LONGEST_BODY]}…"
    reached = "reached the service" if answer.seen else ""
    challenge = answer.challenge and f"WWW-Authenticate: {answer.challenge}"
    phrase = http.client.responses.get(answer.status, "no answer")
    return " | ".join(part for part in (f"{answer.status} {phrase}", challenge, shown, reached) if part)
