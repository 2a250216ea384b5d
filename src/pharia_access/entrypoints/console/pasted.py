"""A token's text that somebody pasted into a field: no screen is told, and it stands on no page and in no address."""

from http import HTTPStatus
from itertools import chain
from typing import Final

from pharia_access.domain.token import holds_token
from pharia_access.entrypoints.console.forms import FormError
from pharia_access.entrypoints.console.visits import Answer, Moved, Screen, Visit

__all__ = ["PASTED", "unless_pasted"]

PASTED: Final = (
    "A field held the text of a token: it was not used, and is stored nowhere. To find its token, paste the text on "
    "the page Look up a token."
)


async def unless_pasted(screen: Screen, visit: Visit, address: str) -> Answer:
    """The screen's answer; of a look with such a text, the same address without it. Raises FormError for a form."""
    if any(map(holds_token, chain(*visit.form.fields.values()))):
        raise FormError(PASTED.removesuffix("."), HTTPStatus.BAD_REQUEST)
    if any(map(holds_token, visit.query.values())):
        visit.session.notice = PASTED
        return Moved(address)
    return await screen(visit)
