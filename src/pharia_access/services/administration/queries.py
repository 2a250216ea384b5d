"""What use cases and faces read: lists, the catalog, tokens with whether they are good now."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pharia_access.domain.administration.judged import UNSEEN, judged
from pharia_access.domain.administration.stored import Stored, StoredPage
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.permissions import Role
from pharia_access.errors import ForbiddenError, NotFoundError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.plans import MissingError

__all__ = [
    "Nothing",
    "catalog_of",
    "judged_tokens",
    "list_all",
    "nothing_in",
    "role_index",
    "summaries",
    "tokens_in",
    "tokens_of",
]

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Nothing:
    """A list was empty.

    Attributes:
        namespace: where; None stands for everywhere.
        certain: whether there is such a namespace, as far as one may look.
    """

    namespace: str | None
    certain: bool


async def nothing_in(context: Context, namespace: str | None) -> Nothing:
    """What an empty list means. Raises MissingError where there is no such namespace either."""
    there = True if namespace is None else await context.objects.has_namespace(namespace)
    if there is False:
        from pharia_access.domain.administration.next_steps import ListNamespaces  # noqa: PLC0415 - slow to import

        msg = f'There is no namespace "{namespace}"'
        raise MissingError(msg, ListNamespaces())
    return Nothing(namespace, certain=bool(there))


async def list_all(
    context: Context, pages: AsyncIterator[StoredPage[S]], keep: Callable[[Stored[S]], T], noun: str
) -> list[T]:
    """All of a list, of each object what `keep` keeps of it."""
    found: list[T] = []
    with context.progress.listing(noun) as report:
        async for page in pages:
            found += [keep(item) for item in page.items]
            if page.left:
                report(len(found), page.left)
    return found


def summaries(stored: Stored[S]) -> S:
    """Keep an object's summary."""
    return stored.summary


async def tokens_in(context: Context, namespace: str | None) -> list[TokenSummary]:
    """All tokens of a namespace, or of all."""
    return await list_all(context, context.objects.pages(TokenSummary, namespace), summaries, "tokens")


async def tokens_of(context: Context, credential: str) -> list[TokenSummary]:
    """A credential's tokens, the oldest first."""
    pages = context.objects.pages(TokenSummary, context.namespace, fields=f"spec.credentialRef.name={credential}")
    tokens = await list_all(context, pages, summaries, "tokens")
    return sorted(tokens, key=lambda token: (token.created is None, token.created, token.key))


async def catalog_of(context: Context) -> list[RoleSummary]:
    """All roles, by name."""
    roles = await list_all(context, context.objects.pages(RoleSummary, None), summaries, "roles")
    return sorted(roles, key=lambda role: role.name)


def role_index(catalog: Iterable[RoleSummary]) -> Mapping[str, Role]:
    """What each role grants; without those that cannot be understood."""
    return {role.name: role.role for role in catalog if role.role is not None}


async def judged_tokens(context: Context, tokens: list[TokenSummary]) -> list[TokenSummary]:
    """The tokens, each with whether a verifier accepts it now; their credentials are read for that, as far as one may.

    Credentials are read after tokens, so that none is missed which was there before its token.
    """
    keys = {ObjectKey(token.key.namespace, token.credential) for token in tokens}
    try:
        known = await _credentials(context, keys)
    except ForbiddenError:
        return [judged(token, UNSEEN, context.clock.now()) for token in tokens]
    now = context.clock.now()
    return [judged(token, known.get(ObjectKey(token.key.namespace, token.credential)), now) for token in tokens]


async def _credentials(context: Context, keys: set[ObjectKey]) -> dict[ObjectKey, CredentialSummary]:
    """One is read, of several all are listed: in their namespace, or everywhere."""
    if len(keys) == 1:
        (key,) = keys
        try:
            return {key: (await context.objects.read(CredentialSummary, key)).summary}
        except NotFoundError:
            return {}
    namespaces = {key.namespace for key in keys}
    pages = context.objects.pages(CredentialSummary, namespaces.pop() if len(namespaces) == 1 else None)
    return {found.key: found for found in await list_all(context, pages, summaries, "credentials")}
