"""What somebody should look at: the audit's rules, with limits as fields; to be printed, and as a file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from pharia_access.domain.administration.hygiene_rules import Finding, Limits
from pharia_access.domain.administration.lifetime_input import InvalidDurationError, format_length, parse_length
from pharia_access.domain.grammar import counted
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.spreadsheets import CSV_TYPE, as_csv
from pharia_access.entrypoints.console.visits import Answer, File, Page, Visit
from pharia_access.services.administration.hygiene import HygieneReport, report

__all__ = ["keep", "show"]

_MOST: Final = 500
"""Findings on a page; the file has all."""
_HEADINGS: Final = ("namespace", "kind", "name", "fault", "message")
_ADDRESSES: Final[dict[str, Callable[[ObjectKey], str]]] = {
    "token": addresses.token,
    "credential": addresses.credential,
}


@dataclass(slots=True)
class _Asked:
    """The limits, as they were written and as they are understood; `errors`: what is wrong, by field."""

    unused: str
    longest: str
    everywhere: bool
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def limits(self) -> Limits:
        return Limits(unused=self._length("unused") or Limits().unused, longest=self._length("longest"))

    def _length(self, name: str) -> timedelta | None:
        text: str = getattr(self, name)
        if not text:
            return None
        try:
            return parse_length(text)
        except InvalidDurationError as error:
            self.errors[name] = f"{error}."
            return None


async def show(visit: Visit) -> Page:
    """Look, and show. Raises ForbiddenError where one may not look, BlockedError where there is no such namespace."""
    asked = _asked(visit)
    limits = asked.limits
    if asked.errors:
        return _page(visit, asked, None, HTTPStatus.BAD_REQUEST)
    return _page(visit, asked, await report(visit.context, limits, everywhere=asked.everywhere))


async def keep(visit: Visit) -> Answer:
    """All findings as a file. Raises as `show`."""
    asked = _asked(visit)
    limits = asked.limits
    if asked.errors:
        return _page(visit, asked, None, HTTPStatus.BAD_REQUEST)
    found = await report(visit.context, limits, everywhere=asked.everywhere)
    rows = [(each.key.namespace, each.kind, each.key.name, str(each.type), each.message) for each in found.findings]
    return File("audit.csv", CSV_TYPE, as_csv([_HEADINGS, *rows]))


def _asked(visit: Visit) -> _Asked:
    asked = visit.query
    unused = asked.get("unused", "").strip() or format_length(Limits().unused)
    return _Asked(unused, asked.get("longest", "").strip(), asked.get("everywhere") == "yes")


def _page(visit: Visit, asked: _Asked, found: HygieneReport | None, status: HTTPStatus = HTTPStatus.OK) -> Page:
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
    return Page("audit", "Audit", values, shown, status)


def _told(found: HygieneReport, findings: tuple[Finding, ...]) -> str:
    looked_at = f"{counted(found.credentials, 'credential')} and {counted(found.tokens, 'token')}"
    return f"{counted(len(findings), 'finding')} in {looked_at}"


def _query(asked: _Asked) -> dict[str, str]:
    everywhere = {"everywhere": "yes"} if asked.everywhere else {}
    longest = {"longest": asked.longest} if asked.longest else {}
    return {"unused": asked.unused, **longest, **everywhere}
