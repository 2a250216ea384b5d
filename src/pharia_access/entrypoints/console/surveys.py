"""The tokens that a session looks at: read anew at each look, but for long lists, which are kept for a minute."""

from datetime import timedelta
from typing import Final

from pharia_access.entrypoints.console.visits import Visit
from pharia_access.services.administration.token_survey import TokenSurvey, survey_tokens

__all__ = ["KEPT_FOR", "LONG", "surveyed"]

LONG: Final = 500
"""More tokens than this are a long list: it takes several requests to read them."""

KEPT_FOR: Final = timedelta(seconds=60)
"""For so long a long list is sorted, filtered and turned over without being read again. Whatever a person does in this
console ends that."""


async def surveyed(visit: Visit, *, everywhere: bool) -> TokenSurvey:
    """The tokens of the visit's namespace, or of all, with the rights of this very session."""
    session, context = visit.session, visit.context
    kept = session.survey
    if kept is not None and not visit.anew and not visit.query.get("fresh"):
        same = kept.namespace == (None if everywhere else context.namespace)
        if same and context.clock.now() - kept.read_at < KEPT_FOR:
            return kept
    found = await survey_tokens(context, everywhere=everywhere)
    session.survey = found if len(found.rows) > LONG else None
    return found
