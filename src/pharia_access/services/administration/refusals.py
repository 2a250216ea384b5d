"""What the API server says when it refuses, in sentences for each face: the missing right, the field, the name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pharia_access.errors import ApiError

__all__ = [
    "MissingRight",
    "NamedObject",
    "Refusal",
    "already_there",
    "in_a_line",
    "invalid",
    "not_found",
    "refusal",
    "sentence",
]

_FORBIDDEN: Final = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>[a-z]+) resource "(?P<resource>[^"]*)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]*)")?'
)
_DENIED: Final = re.compile(r"denied request: (?P<why>.*)", re.DOTALL)
_MISSING: Final = re.compile(r'(?P<kind>[a-z]+)(?:\.[a-z.]+)? "(?P<name>[^"]*)" not found')
_THERE: Final = re.compile(r'(?P<kind>[a-z]+)(?:\.[a-z.]+)? "(?P<name>[^"]*)" already exists')
_INVALID: Final = re.compile(r'^.*? "[^"]*" is invalid: ', re.DOTALL)
_QUOTED: Final = re.compile(
    r'Invalid value: (?:(?:"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null|\{.*?\}|\[.*?\]): )?', re.DOTALL
)
"""The value; Kubernetes 1.32 tells its type instead, and 1.37 of an object neither: the rule follows at once."""
_EXAMPLE: Final = re.compile(r" \(e\.g\. .*\)$")
_SEVERAL: Final = re.compile(r"^\[(.*)\]$", re.DOTALL)
_UNCHECKED: Final = re.compile(r", <nil>: (?:Invalid value: (?:\S+: )?)?some validation rules were not checked[^\]]*")

_BREAKS: Final = re.compile(r"[ \t]*[\r\n]+\s*")
_FIELD: Final = re.compile(r"(?:metadata|spec|status)[.:\[]|pharia-access\b")
"""What begins a sentence as it is written."""

_NOUNS: Final = {
    "apitokens": "token",
    "apicredentials": "credential",
    "apiroles": "role",
    "workloadtokens": "workload token",
    "secrets": "Secret",
}


@dataclass(frozen=True, slots=True)
class MissingRight:
    """A right of RBAC: `resource` with its group, `namespace` empty for the whole cluster."""

    verb: str
    resource: str
    namespace: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is not allowed; `right` is what RBAC lacks, None where a policy refuses."""

    sentence: str
    right: MissingRight | None = None


@dataclass(frozen=True, slots=True)
class NamedObject:
    """The object that the API server speaks of: `noun` is ours, such as `token`, where there is one."""

    noun: str
    name: str


def refusal(error: ApiError) -> Refusal:
    """Say what a ForbiddenError is about."""
    said = in_a_line(error.server_message)
    if policy := _DENIED.search(said):
        return Refusal(sentence(policy["why"]))
    rbac = _FORBIDDEN.search(said)
    if rbac is None:
        return Refusal(sentence(f"The API server refused the request: {said or error}"))
    noun, namespace = _NOUNS.get(rbac["resource"]), rbac["namespace"] or ""
    things = f"{noun}s" if noun else rbac["resource"]
    where = f"in namespace {namespace}" if namespace else "in the whole cluster"
    resource = ".".join(part for part in (rbac["resource"], rbac["group"]) if part)
    right = MissingRight(rbac["verb"], resource, namespace)
    return Refusal(f"{rbac['user']} may not {rbac['verb']} {things} {where}.", right)


def not_found(error: ApiError) -> NamedObject | None:
    """Which object is not there, as far as the API server says."""
    return _object(_MISSING.search(error.server_message))


def already_there(error: ApiError) -> NamedObject | None:
    """Which object is there already, as far as the API server says."""
    return _object(_THERE.search(error.server_message))


def invalid(error: ApiError, names: Sequence[tuple[str, str]] = ()) -> str:
    """What is invalid, without the value; `names`: what a face calls a field, such as `spec.ttl`."""
    said = _INVALID.sub("", in_a_line(error.server_message))
    for noise in (_UNCHECKED, _QUOTED, _EXAMPLE):
        said = noise.sub("", said)
    for field, name in names:
        said = re.sub(rf"(?<![\w.]){re.escape(field)}(?=: )", name, said)
    return sentence(_SEVERAL.sub(r"\1", said) or str(error))


def in_a_line(said: str) -> str:
    """The API server's words: some policies have several lines."""
    return _BREAKS.sub(" ", said.strip())


def sentence(text: str) -> str:
    """The text with a capital and a full stop, unless it begins with a field."""
    text = text.strip()
    if not _FIELD.match(text):
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _object(found: re.Match[str] | None) -> NamedObject | None:
    return None if found is None else NamedObject(_NOUNS.get(found["kind"], found["kind"]), found["name"])
