"""A token that somebody found: whose it is. Only its ID, which is public, is ever sent here."""

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final

from pharia_access.domain.administration.mentions import is_token_id
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.permissions import Permission
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.visits import Page, Visit
from pharia_access.services.administration.plans import BlockedError
from pharia_access.services.administration.progress import Event, OnlyOneNamespace, SilentProgress
from pharia_access.services.administration.tokens import find_by_ids
from pharia_access.services.administration.whois import Dossier, examine, readers_in_words, roles_in_words

__all__ = ["show"]

_NO_ID: Final = "This is no ID of a token: an ID has 16 lower-case letters and digits."


@dataclass(frozen=True, slots=True)
class _Told(SilentProgress):
    """Hears where tokens could be searched."""

    only_in: list[str] = field(default_factory=list)

    def happened(self, event: Event) -> None:
        """Keep the one namespace."""
        if isinstance(event, OnlyOneNamespace):
            self.only_in.append(event.namespace)


@dataclass(frozen=True, slots=True)
class Found:
    """A token with what is around it, in words; `over`: it is accepted no more, for good."""

    token: TokenSummary
    display_name: str
    roles: str
    permissions: tuple[Permission, ...]
    readers: list[str]
    over: bool


async def show(visit: Visit) -> Page:
    """Ask for a text, or tell whose the token of that ID is. Raises ForbiddenError where no token may be listed."""
    token_id = visit.query.get("id", "").strip()
    if not token_id:
        return _page(visit, command(visit, "token", "whois", "--stdin"))
    if not is_token_id(token_id):
        return _page(visit, "", problem=_NO_ID, status=HTTPStatus.BAD_REQUEST)
    shown = command(visit, "token", "whois", token_id)
    told = _Told()
    try:
        found = await find_by_ids(replace(visit.context, progress=told), [token_id])
    except BlockedError as error:
        return _page(visit, shown, problem=f"{error}.", only_in=told.only_in, status=HTTPStatus.NOT_FOUND)
    dossiers = [await examine(visit.context, visit.desk.neighbors.rights, stored.summary) for stored in found]
    return _page(visit, shown, dossiers=dossiers, only_in=told.only_in)


def _page(  # noqa: PLR0913 - a keyword for each thing that is told
    visit: Visit,
    shown: str,
    *,
    dossiers: list[Dossier] | None = None,
    problem: str = "",
    only_in: list[str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Page:
    values = {
        "found": [_found(dossier) for dossier in dossiers or []],
        "problem": problem,
        "only_in": next(iter(only_in or []), ""),
        "whois": command(visit, "token", "whois", "--stdin"),
        "now": visit.context.clock.now(),
    }
    return Page("look-up", "Look up a token", values, shown, status)


def _found(dossier: Dossier) -> Found:
    token, credential = dossier.token, dossier.credential
    return Found(
        token=token,
        display_name=credential.display_name if isinstance(credential, CredentialSummary) else "",
        roles=roles_in_words(dossier),
        permissions=() if dossier.roles is None else dossier.roles.permissions,
        readers=[] if dossier.readers is None else list(readers_in_words(dossier.readers)),
        over=token.over,
    )
