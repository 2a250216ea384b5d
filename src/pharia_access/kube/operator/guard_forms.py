"""Guards as JSON: the deciding parts of a policy, its bindings or a CRD, without additions of others.

What this release carries lies beside, in guards.json: a copy of crds/, made by tools/sync_chart.py.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from pharia_access.domain.guards import Guard, Sighting
from pharia_access.kube.paths import GROUP, VERSION

__all__ = ["EDITION_LABEL", "GUARD_LABEL", "Accounts", "carried", "kind_seen", "policies_seen"]

Json = dict[str, Any]

GUARD_LABEL: Final = "access.pharia.ai/guard"
"""The label that says which guard an object is, whatever its name."""
EDITION_LABEL: Final = "access.pharia.ai/guard-edition"
"""The label of its edition, a whole number."""

_CAME_LATER: Final = frozenset(
    {"hold-credentials", "mint-workload-tokens", "reserve-workload-secrets", "workloadtokens"}
)
_CHANGED_WITH_THEM: Final = "restrain-operator-resources"

_MOST_DIGITS: Final = 9
_WORDS: Final = frozenset({"description", "message", "messageExpression"})
"""Texts for people, which decide nothing."""


_LISTS: Final = ("matchConditions", "validations", "variables")
_SPEC: Final = frozenset({"failurePolicy", "matchConstraints", "paramKind", *_LISTS})
_CONSTRAINTS: Final = frozenset(
    {"excludeResourceRules", "matchPolicy", "namespaceSelector", "objectSelector", "resourceRules"}
)
_RULE: Final = frozenset({"apiGroups", "apiVersions", "operations", "resourceNames", "resources", "scope"})
_NAMED: Final = frozenset({"expression", "name"})
"""The fields of a policy up to Kubernetes 1.37 by which something is decided. A later one may fill in more, which
changes nothing for who does not set it; that must not stop all mints on the day of an upgrade."""


class Accounts:
    """The accounts in the policies: the operator's, and as the verifier's any other of its namespace."""

    def __init__(self, *, namespace: str, operator: str) -> None:
        home = f"system:serviceaccount:{namespace}:"
        self._operator = f"'{home}{operator}'"
        self._other = re.compile(rf"'{re.escape(home)}[a-z0-9.-]+'")

    def hidden(self, text: str) -> str:
        """Replace each account in the text by a word, so that releases can be compared."""
        return self._other.sub("'VERIFIER'", text.replace(self._operator, "'OPERATOR'"))


_DEFAULT_ACCOUNTS: Final = Accounts(namespace="pharia-access-system", operator="pharia-access-operator")


@lru_cache(1)
def carried() -> tuple[Guard, ...]:
    """Return the guards of this release."""
    documents = json.loads(files("pharia_access.kube").joinpath("guards.json").read_bytes())
    bindings = [it for it in documents if it["kind"] == "ValidatingAdmissionPolicyBinding"]
    policies = [it for it in documents if it["kind"] == "ValidatingAdmissionPolicy"]
    kinds = [it for it in documents if it["kind"] == "CustomResourceDefinition"]
    seen = [*policies_seen(policies, bindings, _DEFAULT_ACCOUNTS), *(kind_seen(kind) for kind in kinds)]
    return tuple(Guard(it.guard, it.edition, it.parts, it.likeness, _companion(it.guard)) for it in seen)


def _companion(guard: str) -> str:
    """Return the guard whose earlier edition says that this one is still to come."""
    return _CHANGED_WITH_THEM if guard in _CAME_LATER else ""


def policies_seen(policies: Iterable[Json], bindings: Iterable[Json], accounts: Accounts) -> list[Sighting]:
    """Return every policy with the effect of its bindings."""
    bound: dict[str, list[Json]] = {}
    for binding in bindings:
        bound.setdefault(str(_of(binding, "spec").get("policyName")), []).append(binding)
    return [_policy(policy, bound.get(_name(policy), []), accounts) for policy in policies]


def kind_seen(definition: Json) -> Sighting:
    """Return the deciding parts of a CRD: its names, its conversion, and the schema of each served version."""
    spec = _of(definition, "spec")
    parts: Json = {key: spec.get(key) for key in ("group", "scope")}
    parts["names"] = {key: _of(spec, "names").get(key) for key in ("kind", "plural")}
    parts["conversion"] = _of(spec, "conversion") or {"strategy": "None"}
    for version in _dicts(spec.get("versions")):
        if version.get("served") is not False:
            chosen = {key: version.get(key) for key in ("subresources", "selectableFields")}
            parts[f"{version.get('name')}"] = chosen
            parts[f"{version.get('name')} schema"] = _without_words(version.get("schema"))
    parts.setdefault(VERSION, None)
    guard, edition = _mark(definition)
    return Sighting(_name(definition), guard, edition, {key: _digest(_text(part)) for key, part in parts.items()})


def _policy(policy: Json, bindings: list[Json], accounts: Accounts) -> Sighting:
    spec = _only(_without_words(_pruned(_of(policy, "spec"))), _SPEC)
    spec.setdefault("failurePolicy", "Fail")
    constraints = _only(_of(spec, "matchConstraints"), _CONSTRAINTS)
    spec["matchConstraints"] = {"matchPolicy": "Equivalent", **constraints}
    for which in ("resourceRules", "excludeResourceRules"):
        if which in constraints:
            rules = _dicts(constraints[which])
            spec["matchConstraints"][which] = [{"scope": "*", **_only(rule, _RULE)} for rule in rules]
    for part in _LISTS:
        if part in spec:
            spec[part] = [_only(item, _NAMED) for item in _dicts(spec[part])]
    rules = _dicts(spec["matchConstraints"].get("resourceRules"))
    guard, edition = _mark(policy)
    return Sighting(
        _name(policy),
        guard,
        edition,
        {key: _digest(accounts.hidden(_text(part))) for key, part in spec.items()},
        likeness=_likeness(spec, rules),
        loophole=_loophole(spec, bindings),
    )


def _likeness(spec: Json, rules: list[Json]) -> str:
    """Return the objects and conditions of a policy, and whether it checks rights."""
    resources = sorted(
        {f"{group}/{it}" for rule in rules for group in rule.get("apiGroups", ()) for it in rule.get("resources", ())}
    )
    conditions = sorted(str(it.get("name")) for it in _dicts(spec.get("matchConditions")))
    return _text([resources, conditions, "authorizer" in _text(spec)])


def _loophole(spec: Json, bindings: list[Json]) -> str:
    """Return why requests pass a policy. One binding that denies everywhere, without parameters, is enough."""
    if spec.get("failurePolicy") != "Fail":
        return f"its failurePolicy is {spec.get('failurePolicy')}"
    gaps = [_gap(binding) for binding in bindings]
    return "" if "" in gaps else next(iter(gaps), "nothing binds it")


def _gap(binding: Json) -> str:
    spec, name = _pruned(_of(binding, "spec")), _name(binding)
    narrowing = _of(spec, "matchResources")
    if narrowing.get("matchPolicy") == "Equivalent":
        del narrowing["matchPolicy"]
    if "Deny" not in spec.get("validationActions", ()):
        return f"its binding {name} does not deny"
    if narrowing or "paramRef" in spec:
        return f"its binding {name} leaves something out"
    return ""


def _mark(item: Json) -> tuple[str, int]:
    """Return the guard that an object's label or name says, and its edition."""
    labels = _of(_of(item, "metadata"), "labels")
    name, edition = _name(item), str(labels.get(EDITION_LABEL, ""))
    by_name = name.removesuffix(f".{GROUP}") if name.endswith(f".{GROUP}") else ""
    counts = edition.isascii() and edition.isdecimal() and len(edition) <= _MOST_DIGITS
    return str(labels.get(GUARD_LABEL) or by_name), int(edition) if counts else 0


def _name(item: Json) -> str:
    return str(_of(item, "metadata").get("name"))


def _of(item: Mapping[str, Any], key: str) -> Json:
    found = item.get(key)
    return found if isinstance(found, dict) else {}


def _dicts(items: object) -> list[Json]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _only(item: Json, known: frozenset[str]) -> Json:
    return {key: value for key, value in item.items() if key in known}


def _pruned(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Remove empty fields: the API server may write or omit them."""
    if isinstance(value, dict):
        kept = {key: _pruned(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in ({}, [], "", None)}
    return [_pruned(item) for item in value] if isinstance(value, list) else value


def _without_words(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {key: _without_words(it) for key, it in value.items() if not (key in _WORDS and isinstance(it, str))}
    return [_without_words(item) for item in value] if isinstance(value, list) else value


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
