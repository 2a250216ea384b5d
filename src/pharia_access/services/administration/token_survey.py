"""All tokens of a namespace or of the cluster, with what their credentials say of them: as far as one may look."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from pharia_access.domain.administration.judged import UNSEEN, Unseen, judged
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.administration.token_inventory import TokenRow
from pharia_access.domain.administration.token_states import state_of
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.queries import Nothing, list_all, nothing_in, summaries, tokens_in

__all__ = ["TokenSurvey", "ends_of", "row_of", "survey_tokens", "why_unseen"]

Known = Mapping[ObjectKey, CredentialSummary]


@dataclass(frozen=True, slots=True)
class TokenSurvey:
    """What was found.

    Attributes:
        namespace: where; None stands for everywhere.
        rows: by namespace and name.
        suspended: how many credentials are.
        read_at: when the tokens were read.
        unseen: why credentials may not be listed; None where they may.
        nothing: what it means that there is no token; None where there is one.
        revision: of what it was made of, where that is followed; 0 where it was read.
        ends: of all rows, in their order in time.
    """

    namespace: str | None
    rows: tuple[TokenRow, ...]
    suspended: int
    read_at: datetime
    unseen: ForbiddenError | None = None
    nothing: Nothing | None = None
    revision: int = 0
    ends: Sequence[datetime] = ()

    def next_end(self, now: datetime) -> datetime | None:
        """When it changes although nobody changes anything; None for never."""
        after = bisect_right(self.ends, now)
        return self.ends[after] if after < len(self.ends) else None


async def survey_tokens(context: Context, *, everywhere: bool = False) -> TokenSurvey:
    """Read them; credentials after tokens, so that none is missed which was there before its token.

    Raises ForbiddenError where tokens may not be listed, BlockedError where there is no such namespace.
    """
    namespace, read_at = None if everywhere else context.namespace, context.clock.now()
    found = await tokens_in(context, namespace)
    nothing = None if found else await nothing_in(context, namespace)
    known, unseen = await _credentials(context, namespace)
    now = context.clock.now()
    rows = [_row(token, known, now) for token in found]
    return TokenSurvey(
        namespace=namespace,
        rows=tuple(sorted(rows, key=attrgetter("token.key.namespace", "token.key.name"))),
        suspended=sum(credential.suspended for credential in (known or {}).values()),
        read_at=read_at,
        unseen=unseen,
        nothing=nothing,
        ends=ends_of(rows),
    )


def ends_of(rows: Iterable[TokenRow]) -> list[datetime]:
    """When these end, in that order."""
    return sorted(end for row in rows if (end := row.token.end) is not None)


async def why_unseen(context: Context, namespace: str | None) -> ForbiddenError | None:
    """Why credentials may not be listed there; None where they may."""
    return (await _credentials(context, namespace))[1]


async def _credentials(context: Context, namespace: str | None) -> tuple[Known | None, ForbiddenError | None]:
    pages = context.objects.pages(CredentialSummary, namespace)
    try:
        found = await list_all(context, pages, summaries, "credentials")
    except ForbiddenError as error:
        return None, error
    return {credential.key: credential for credential in found}, None


def row_of(token: TokenSummary, credential: CredentialSummary | Unseen | None, now: datetime) -> TokenRow:
    """The token, judged; `credential` is its own, None where there is none."""
    roles = credential.roles if isinstance(credential, CredentialSummary) else None
    known = judged(token, credential, now)
    return TokenRow(known, state_of(known, now), roles)


def _row(token: TokenSummary, known: Known | None, now: datetime) -> TokenRow:
    own = UNSEEN if known is None else known.get(ObjectKey(token.key.namespace, token.credential))
    return row_of(token, own, now)
