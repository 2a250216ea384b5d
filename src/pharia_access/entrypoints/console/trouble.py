"""What is answered where a screen raises, and where there is none: a page with a sentence, or words for our script."""

from dataclasses import replace
from http import HTTPStatus
from typing import Final

from pharia_access.entrypoints.console.failures import Failure, explain
from pharia_access.entrypoints.console.forms import Form
from pharia_access.entrypoints.console.visits import Answer, Data, Page
from pharia_access.errors import AccessError, UnavailableError
from pharia_access.services.administration.plans import BlockedError

__all__ = ["NO_SUCH_NAME", "NO_SUCH_NAMESPACE", "failed", "nowhere"]

NO_SUCH_NAMESPACE: Final = "No namespace can have this name: it has lower-case letters, digits and dashes, at most 63."
NO_SUCH_NAME: Final = (
    "Nothing can have this name: it has lower-case letters and digits, with - and dots in between, at most 63."
)
_NOT_THERE: Final = "This is not there"
_NO_PAGE: Final = "There is no page at this address."


def failed(error: AccessError, *, address: str, sent: Form | None, script: bool) -> Answer:
    """What a screen at that address met, for our script alone or for a person; `sent`: the form, None for a look.

    What was typed into a form is kept where the same form may do later: the login ended, or the API server was away.
    """
    failure = explain(error)
    if script:
        told = {"state": "failed", "why": " ".join([failure.sentence, *(step.text for step in failure.steps)])}
        return Data(told, failure.status)
    looked = sent is None and not isinstance(error, BlockedError)
    forbidden = "You may not see this" if looked else "You may not do this"
    titles = {HTTPStatus.FORBIDDEN: forbidden, HTTPStatus.NOT_FOUND: _NOT_THERE}
    unsure = sent is not None and isinstance(error, UnavailableError)
    fields = [(name, each) for name, values in sent.fields.items() for each in values] if sent and unsure else []
    page = _page(failure, titles.get(failure.status, "This did not work"), address)
    return replace(page, values={**page.values, "unsure": unsure, "fields": fields})


def nowhere(why: str) -> Page:
    """For an address that leads to nothing, whatever the cluster holds."""
    said = why if why in {NO_SUCH_NAMESPACE, NO_SUCH_NAME} else _NO_PAGE
    return _page(Failure(said, HTTPStatus.NOT_FOUND), _NOT_THERE)


def _page(failure: Failure, title: str, again: str = "") -> Page:
    values = {"failure": failure, "unsure": False, "fields": [], "again": again}
    return Page("failure", title, values, status=failure.status)
