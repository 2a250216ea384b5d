"""A credential: its facts, its roles with what they permit, and its tokens."""

from collections.abc import Mapping
from contextlib import suppress

from pharia_access.domain.administration.gitops import declared_by
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.holders import MOST_HOLDERS
from pharia_access.domain.permissions import Role, effective
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.failures import Failure, explain
from pharia_access.entrypoints.console.pages.credentials import role_chips
from pharia_access.entrypoints.console.visits import Answer, Follows, Page, Visit
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration import holders
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.queries import catalog_of, judged_tokens, role_index, tokens_of

__all__ = ["show"]


async def show(visit: Visit) -> Answer:
    """Show it. Raises NotFoundError."""
    context = visit.context
    stored = await context.objects.read(CredentialSummary, visit.key)
    credential = stored.summary
    catalog: dict[str, Role] | None = None
    with suppress(ForbiddenError):
        catalog = dict(role_index(await catalog_of(context)))
    tokens, unseen = await _tokens(context, visit.name)
    values = {
        "credential": credential,
        "roles": role_chips(credential.roles, catalog, context.namespace),
        "permissions": effective(credential.roles, catalog or {}, namespace=context.namespace).permissions,
        "catalog_seen": catalog is not None,
        "git": declared_by(stored.body),
        "holders": [(name, credential.last_used.get(name)) for name in credential.service_accounts],
        "full": len(credential.service_accounts) >= MOST_HOLDERS,
        **await _lacking(context, visit.name),
        "tokens": tokens,
        "unseen": unseen,
        "now": context.clock.now(),
    }
    title, shown = credential.display_name or credential.key.name, command(visit, "credential", "get", visit.name)
    return Page("credential", title, values, shown, follows=Follows(about=visit.name))


async def _lacking(context: Context, name: str) -> Mapping[str, Failure | None]:
    """Why holders cannot be added, or taken away, by this person."""
    found = await holders.obstacles(context, name)
    return {
        "may_not_add": explain(found.addition) if found.addition else None,
        "may_not_take": explain(found.removal) if found.removal else None,
    }


async def _tokens(context: Context, name: str) -> tuple[list[TokenSummary], Failure | None]:
    try:
        return await judged_tokens(context, await tokens_of(context, name)), None
    except ForbiddenError as error:
        return [], explain(error)
