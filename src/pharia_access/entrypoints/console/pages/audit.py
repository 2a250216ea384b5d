"""What somebody should look at: the audit's rules, with limits as fields; to be printed, and as a file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from pharia_access.domain.administration.findings import Finding, Limits
from pharia_access.domain.administration.lifetime_input import InvalidDurationError, format_length, parse_length
from pharia_access.domain.grammar import counted
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.spreadsheets import CSV_TYPE, as_csv
from pharia_access.entrypoints.console.visits import Answer, File, Follows, Page, Visit
from pharia_access.services.administration.hygiene import HygieneReport, report

__all__ = ["keep", "show"]

_MOST: Final = 500
"""Findings on a page; the file has all."""
_HEADINGS: Final = ("namespace", "kind", "name", "fault", "message")
_ADDRESSES: Final[dict[str, Callable[[ObjectKey], str]]] = {
    "token": addresses.token,
    "credential": addresses.credential,
    "workload": addresses.workload,
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """The limits, as they were written and as they are understood; `errors`: what is wrong, by field."""

    unused: str
    longest: str
    everywhere: bool
    limits: Limits
    errors: dict[str, str]


async def show(visit: Visit) -> Page:
    """Look, and show. Raises ForbiddenError where one may not look, BlockedError where there is no such namespace."""
    return _page(visit, *await _looked(visit))


async def keep(visit: Visit) -> Answer:
    """All findings as a file. Raises as `show`."""
    asked, found = await _looked(visit)
    if found is None:
        return _page(visit, asked, found)
    rows = [(each.key.namespace, each.kind, each.key.name, str(each.type), each.message) for each in found.findings]
    return File("audit.csv", CSV_TYPE, as_csv([_HEADINGS, *rows]))


async def _looked(visit: Visit) -> tuple[_Asked, HygieneReport | None]:
    """What was asked for, and what was found; nobody looks by limits that are not understood."""
    asked = _asked(visit)
    return asked, None if asked.errors else await report(visit.context, asked.limits, everywhere=asked.everywhere)


def _asked(visit: Visit) -> _Asked:
    errors: dict[str, str] = {}

    def length(name: str, text: str) -> timedelta | None:
        try:
            return parse_length(text) if text else None
        except InvalidDurationError as error:
            errors[name] = f"{error}."
            return None

    unused = visit.query.get("unused", "").strip() or format_length(Limits().unused)
    longest = visit.query.get("longest", "").strip()
    limits = Limits(unused=length("unused", unused) or Limits().unused, longest=length("longest", longest))
    return _Asked(unused, longest, visit.query.get("everywhere") == "yes", limits, errors)


def _page(visit: Visit, asked: _Asked, found: HygieneReport | None) -> Page:
    findings = () if found is None else found.findings
    values = {
        "asked": asked,
        "errors": asked.errors,
        "rows": [(each, _ADDRESSES[each.kind](each.key)) for each in findings[:_MOST]],
        "more": max(len(findings) - _MOST, 0),
        "looked": found is not None,
        "told": "" if found is None else _told(found, findings),
        "nothing": found is not None and found.nothing is not None,
        "uncertain": found is not None and found.nothing is not None and not found.nothing.certain,
        "where": "all namespaces" if asked.everywhere else f"namespace {visit.context.namespace}",
        "query": _query(asked),
        "now": visit.context.clock.now(),
    }
    longest = ["--max-ttl", asked.longest] if asked.longest else []
    shown = command(visit, "audit", "--unused", asked.unused, *longest, everywhere=asked.everywhere)
    status = HTTPStatus.BAD_REQUEST if asked.errors else HTTPStatus.OK
    follows = None if asked.errors else Follows(everywhere=asked.everywhere)
    return Page("audit", "Audit", values, shown, status, follows)


def _told(found: HygieneReport, findings: tuple[Finding, ...]) -> str:
    kept = f", {counted(found.workloads, 'workload token')}" if found.workloads else ""
    looked_at = f"{counted(found.credentials, 'credential')}{kept} and {counted(found.tokens, 'token')}"
    return f"{counted(len(findings), 'finding')} in {looked_at}"


def _query(asked: _Asked) -> dict[str, str]:
    everywhere = {"everywhere": "yes"} if asked.everywhere else {}
    longest = {"longest": asked.longest} if asked.longest else {}
    return {"unused": asked.unused, **longest, **everywhere}
