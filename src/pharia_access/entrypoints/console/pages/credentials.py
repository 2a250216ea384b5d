"""The list of a namespace's credentials."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.permissions import Role
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.failures import explain
from pharia_access.entrypoints.console.live import reviewed
from pharia_access.entrypoints.console.visits import Follows, Page, Visit
from pharia_access.entrypoints.console.words import credential_state
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.queries import (
    catalog_of,
    list_all,
    nothing_in,
    role_index,
    summaries,
    tokens_in,
)

__all__ = ["RoleChip", "role_chips", "show"]


@dataclass(frozen=True, slots=True)
class RoleChip:
    """A role that a credential names; `problem`: why it grants nothing."""

    name: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A credential in the list; `seen`: whether its tokens may be seen."""

    key: ObjectKey
    display_name: str
    roles: tuple[RoleChip, ...]
    active: int
    last_used: datetime | None
    created: datetime | None
    state: str
    seen: bool

    def fits(self, words: str) -> bool:
        """Whether a filter finds it."""
        texts = (self.key.name, self.display_name, self.state, *(role.name for role in self.roles))
        return any(words.casefold() in text.casefold() for text in texts)


_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_SORTS: Final[Mapping[str, Callable[[Row], Any]]] = {
    "name": lambda row: row.key.name,
    "active": lambda row: -row.active,
    "used": lambda row: -(row.last_used or _LONG_AGO).timestamp(),
    "created": lambda row: row.created or _LONG_AGO,
    "state": lambda row: row.state,
}
_COLUMNS: Final = (
    ("Name", "name"),
    ("Roles", ""),
    ("Active tokens", "active"),
    ("Last used", "used"),
    ("Created", "created"),
    ("State", "state"),
)


async def show(visit: Visit) -> Page:
    """Show them. Raises BlockedError where there is no such namespace."""
    context = reviewed(visit.context, visit.session.views)
    pages = context.objects.pages(CredentialSummary, context.namespace)
    (tokens, unseen), found, catalog = await asyncio.gather(
        _tokens(context), list_all(context, pages, summaries, "credentials"), _catalog(context)
    )
    nothing = None if found else await nothing_in(context, context.namespace)
    own = _by_credential(tokens)
    rows = [_row(each, None if unseen else own.get(each.key.name, []), catalog) for each in found]
    words, sort = visit.query.get("q", "").strip(), visit.query.get("sort", "name")
    sort = sort if sort in _SORTS else "name"
    values = {
        "any": bool(found),
        "uncertain": nothing is not None and not nothing.certain,
        "count": len(rows),
        "rows": sorted((row for row in rows if row.fits(words)), key=_SORTS[sort]),
        "filter": words,
        "sort": sort,
        "columns": [_column(title, name, words) for title, name in _COLUMNS],
        "unseen_tokens": unseen,
        "now": context.clock.now(),
    }
    return Page("credentials", "Credentials", values, command(visit, "credential", "list"), follows=Follows())


def role_chips(roles: Sequence[str], catalog: Mapping[str, Role] | None, namespace: str) -> tuple[RoleChip, ...]:
    """Roles with what is wrong with them; without a catalog nothing is known to be."""
    return tuple(RoleChip(name, "" if catalog is None else _problem(name, catalog, namespace)) for name in roles)


def _problem(name: str, catalog: Mapping[str, Role], namespace: str) -> str:
    if name not in catalog:
        return "unknown role"
    return "" if catalog[name].allows(namespace) else f"not allowed in {namespace}"


async def _catalog(context: Context) -> Mapping[str, Role] | None:
    with suppress(ForbiddenError):
        return role_index(await catalog_of(context))
    return None


async def _tokens(context: Context) -> tuple[list[TokenSummary], str]:
    """The tokens, as far as one may list them, and why one may not."""
    try:
        return await tokens_in(context, context.namespace), ""
    except ForbiddenError as error:
        failure = explain(error)
        return [], " ".join([failure.sentence, *(step.text for step in failure.steps)])


def _by_credential(tokens: Iterable[TokenSummary]) -> Mapping[str, list[TokenSummary]]:
    found = defaultdict[str, list[TokenSummary]](list)
    for token in tokens:
        found[token.credential].append(token)
    return found


def _row(credential: CredentialSummary, own: Sequence[TokenSummary] | None, catalog: Mapping[str, Role] | None) -> Row:
    return Row(
        key=credential.key,
        display_name=credential.display_name,
        roles=role_chips(credential.roles, catalog, credential.key.namespace),
        active=credential.counts.get("active", 0) if own is None else sum(token.active for token in own),
        last_used=max((token.last_used for token in own or () if token.last_used), default=None),
        created=credential.created,
        state=credential_state(credential),
        seen=own is not None,
    )


def _column(title: str, name: str, words: str) -> dict[str, str]:
    query = {"sort": name, **({"q": words} if words else {})}
    direction = "descending" if name in {"active", "used"} else "ascending"
    return {"title": title, "sort": name, "query": urlencode(query), "direction": direction}
