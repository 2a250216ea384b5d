"""Who may do what to credentials and tokens, by the rules of RBAC: pure, from rules as they are now.

Not seen here: the group `system:masters`, which RBAC is not asked about; whoever may impersonate somebody, or write
RBAC's own objects; and what admission policies refuse besides.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pharia_access.domain.administration.secret_readers import AccessRule, Binding, Bindings, Subject

__all__ = ["OWN", "POWERS", "Allowance", "Holding", "OwnRights", "Power", "Powerful", "allowance", "powerful"]

_OURS: Final = "access.pharia.ai"
_RBAC: Final = "rbac.authorization.k8s.io"


@dataclass(frozen=True, slots=True)
class Power:
    """Something that a person may do: `meaning` in words, and RBAC's words for it."""

    meaning: str
    verb: str
    resource: str
    group: str = _OURS

    @property
    def right(self) -> str:
        """The right: `bind on apiroles.access.pharia.ai`."""
        plural, slash, part = self.resource.partition("/")
        return f"{self.verb} on {plural}{'.' if self.group else ''}{self.group}{slash}{part}"


POWERS: Final = (
    Power("give a role to a credential", "bind", "apiroles"),
    Power("make tokens of a credential", "create", "apicredentials/token"),
    Power(
        "have tokens of ServiceAccounts, also of those that hold a credential", "create", "serviceaccounts/token", ""
    ),
    Power("read one-time Secrets", "get", "secrets", ""),
    Power("create credentials", "create", "apicredentials"),
    Power("change credentials, suspend them", "patch", "apicredentials"),
    Power("delete credentials", "delete", "apicredentials"),
    Power("create tokens", "create", "apitokens"),
    Power("revoke tokens, end them earlier", "patch", "apitokens"),
    Power("delete tokens", "delete", "apitokens"),
)
"""What changes who gets in, the farthest-reaching first."""

OWN: Final = (
    *POWERS,
    Power("confirm that a secret is stored", "delete", "secrets", ""),
    Power("see credentials", "list", "apicredentials"),
    Power("see tokens", "list", "apitokens"),
    Power("see who may do what", "list", "rolebindings", _RBAC),
)
"""What a person asks about themselves. All of it counts in a namespace: roles are the whole cluster's."""


@dataclass(frozen=True, slots=True)
class OwnRights:
    """A person's own rules in a namespace, as the cluster lists them; `incomplete`: it cannot list all, and `why`."""

    rules: tuple[AccessRule, ...] = ()
    incomplete: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Whether somebody has a power.

    Attributes:
        allowed: None where that is not known.
        names: the only objects that it is about; empty for all of them.
        by_wildcard: whether no rule says so in full.
    """

    allowed: bool | None
    names: tuple[str, ...] = ()
    by_wildcard: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """What a binding lets somebody do; `powers` is None where its role may not be read."""

    subject: Subject
    role: str
    label: str
    powers: tuple[tuple[Power, Allowance], ...] | None


@dataclass(frozen=True, slots=True)
class Powerful:
    """Who may do what.

    Attributes:
        of_kubernetes: how many parts of Kubernetes itself may, too.
        unseen: the resources that could not be looked at.
    """

    holdings: tuple[Holding, ...]
    of_kubernetes: int = 0
    unseen: tuple[str, ...] = ()


def allowance(power: Power, rights: OwnRights) -> Allowance:
    """Whether these rights have the power. What an incomplete list lacks is not known."""
    found = _allowance(power, rights.rules)
    return Allowance(allowed=None) if rights.incomplete and not found.allowed else found


def powerful(bindings: Bindings) -> Powerful:
    """Everybody with a power, by binding: the farthest-reaching first, and last those whose role cannot be read."""
    found = [holding for binding in bindings.found for holding in _holdings(binding)]
    people = sorted((each for each in found if not each.subject.of_kubernetes), key=_place)
    own = {each.subject for each in found if each.subject.of_kubernetes}
    return Powerful(tuple(people), len(own), bindings.unseen)


def _allowance(power: Power, rules: Iterable[AccessRule]) -> Allowance:
    asked = power.verb, power.group, power.resource
    found = [rule for rule in rules if rule.allows(*asked) and (not rule.names or _has_name(power))]
    unbounded = [rule for rule in found if not rule.names]
    counted = unbounded or found
    names = () if unbounded else tuple(sorted({name for rule in found for name in rule.names}))
    by_wildcard = bool(found) and not any(rule.spells_out(*asked) for rule in counted)
    return Allowance(allowed=bool(found), names=names, by_wildcard=by_wildcard)


def _has_name(power: Power) -> bool:
    """Whether a request of it names its object: what is created has no name yet, unless it is a part of something."""
    return power.verb != "create" or "/" in power.resource


def _holdings(binding: Binding) -> Iterable[Holding]:
    powers = None
    if binding.rules is not None:
        judged = ((power, _allowance(power, binding.rules)) for power in POWERS)
        powers = tuple((power, found) for power, found in judged if found.allowed)
    if powers is None or powers:
        yield from (Holding(each, binding.role, binding.label, powers) for each in binding.subjects)


def _place(holding: Holding) -> tuple[int, Subject, str]:
    first = len(POWERS) if holding.powers is None else POWERS.index(holding.powers[0][0])
    return first, holding.subject, holding.label
