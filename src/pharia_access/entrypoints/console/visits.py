"""A request as a screen sees it, and what a screen answers. No HTTP and no HTML here."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.console.desk import Desk
from pharia_access.entrypoints.console.forms import Form
from pharia_access.entrypoints.console.sessions import Session
from pharia_access.services.administration.context import Context

__all__ = ["Answer", "Data", "File", "Follows", "Moved", "Page", "Screen", "Visit", "Waiting"]


@dataclass(frozen=True, slots=True)
class Visit:
    """What somebody asks of a screen.

    Attributes:
        desk: in the namespace that the address names.
        name: of the object that the address names; empty where it names none.
        form: what was sent; empty for a look.
        query: what the address says beside its path.
        anew: whether our script asks, since something changed.
    """

    desk: Desk
    session: Session
    name: str = ""
    form: Form = field(default_factory=Form)
    query: Mapping[str, str] = field(default_factory=dict)
    anew: bool = False

    @property
    def context(self) -> Context:
        """Of the use cases."""
        return self.desk.context

    @property
    def key(self) -> ObjectKey:
        """The object that the address names."""
        return ObjectKey(self.context.namespace, self.name)

    @property
    def insisted(self) -> bool:
        """Whether the person goes on although Git declares it."""
        return self.form.one("force") == "yes" or self.query.get("force") == "yes"


@dataclass(frozen=True, slots=True)
class Follows:
    """What changes a page.

    Attributes:
        kinds: what the page shows, by `services.administration.live_kinds.KINDS`; empty for `USUAL_KINDS`.
        about: the one credential that it is about; empty for any.
        everywhere: whether it shows all namespaces.
        since: up to which change of these kinds the page has them, by `LiveKind.revision`; 0 where nobody knows.
        meanwhile: of a form, what tells what happened to its object; a form is not shown anew.
    """

    kinds: tuple[str, ...] = ()
    about: str = ""
    everywhere: bool = False
    since: int = 0
    meanwhile: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A document.

    Attributes:
        template: the screen's name.
        title: of the document, and its heading.
        command: the same in a terminal; empty where there is no such thing.
        follows: what changes the page; None for a page that stays.
        values: what the template shows.
    """

    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    status: HTTPStatus = HTTPStatus.OK
    follows: Follows | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """Go on at another address of ours."""

    path: str


@dataclass(frozen=True, slots=True)
class Data:
    """What our script reads; `turn`: under another session key."""

    values: Mapping[str, Any]
    status: HTTPStatus = HTTPStatus.OK
    turn: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """What the browser stores; `media_type` with its charset."""

    name: str
    media_type: str
    text: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document that takes a while.

    Attributes:
        page: how it begins: the same title, and what changes it.
        answer: the document, or an AccessError.
        told: how far it is, in a sentence.
    """

    page: Page
    answer: "asyncio.Future[Answer]"
    told: Callable[[], str]


Answer = Page | Moved | Data | File | Waiting
Screen = Callable[[Visit], Awaitable[Answer]]
