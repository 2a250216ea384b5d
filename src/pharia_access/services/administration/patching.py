"""Change an object as it was read, whatever the operator writes into its status meanwhile."""

from typing import Final, TypeVar

from pharia_access.domain.administration.stored import Json, Stored
from pharia_access.domain.administration.summaries import CredentialSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.errors import ConflictError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.marks import said_by_people

__all__ = ["MOST_TRIES", "patch_as_read"]

S = TypeVar("S", CredentialSummary, WorkloadSummary)

MOST_TRIES: Final = 5
"""While people are asked, and after every change of its tokens, the operator writes an object's status."""


async def patch_as_read(context: Context, stored: Stored[S], spec: Json) -> Stored[S]:
    """Change these fields. Raises ConflictError if somebody changed the object since; a written status is no harm."""
    for _ in range(MOST_TRIES - 1):
        try:
            return await context.objects.patch(stored, spec, as_read=True)
        except ConflictError:
            now = await context.objects.read(type(stored.summary), stored.summary.key)
            if said_by_people(now.body) != said_by_people(stored.body):
                raise
            stored = now
    return await context.objects.patch(stored, spec, as_read=True)
