"""What a test looks for in a document: its text, its links, its forms with their fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

__all__ = ["Document", "FoundForm", "read_document"]

_VOID = {"meta", "link", "input", "br"}
_CELLS = {"th", "td"}


@dataclass(slots=True)
class FoundForm:
    """A form: where it goes, and what it sends if nobody changes anything."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Document(HTMLParser):
    """A document that was read.

    Attributes:
        by_id: the text of each element that has an ID.
        attributes: those of each element that has an ID.
        off: values of fields that are off, by name.
        at: the document's own path. Links are as written, but those that are relative to it, which are resolved.
    """

    links: list[str] = field(default_factory=list)
    forms: dict[str, FoundForm] = field(default_factory=dict)
    by_id: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    off: list[str] = field(default_factory=list)
    text: str = ""
    at: str = ""
    _open: list[tuple[str, str]] = field(default_factory=list)
    _form: FoundForm | None = None

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        if tag in {*_CELLS, "tr"} and self._open and self._open[-1][0] in _CELLS:
            self._open.pop()  # its end tag was left out
            self.handle_data(" ")
        if tag == "a":
            self.links.append(self._resolved(found.get("href", "")))
        if tag == "form":
            self._form = FoundForm(found.get("action", ""), found.get("method", "get"))
            self.forms[found.get("id", found.get("action", ""))] = self._form
        if tag == "input" and self._form is not None:
            self._field(found)
        if "id" in found:
            self.by_id[found["id"]], self.attributes[found["id"]] = "", found
        if tag not in _VOID:
            self._open.append((tag, found.get("id", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.text += data
        for _, name in self._open:
            if name:
                self.by_id[name] += data

    def _resolved(self, link: str) -> str:
        return link if link.startswith(("?", "#", "/")) else urljoin(self.at, link)

    def _field(self, found: dict[str, str]) -> None:
        assert self._form is not None
        if "disabled" in found:
            self.off.append(found.get("value", ""))
        elif found.get("type") not in {"checkbox", "radio"} or "checked" in found:
            self._form.fields.append((found.get("name", ""), found.get("value", "")))


def read_document(html: str, at: str = "") -> Document:
    """Read it; words are separated by single spaces."""
    document = Document(at=at)
    document.feed(html)
    document.text = " ".join(document.text.split())
    document.by_id = {name: " ".join(text.split()) for name, text in document.by_id.items()}
    return document
