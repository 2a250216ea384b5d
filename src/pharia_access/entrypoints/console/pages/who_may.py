"""Who may do what in a namespace: the person who looks, and others as far as that person may know."""

from pharia_access.domain.administration.powers import Allowance, Holding
from pharia_access.entrypoints.console.visits import Page, Visit
from pharia_access.services.administration.rights import who_may

__all__ = ["show"]


async def show(visit: Visit) -> Page:
    """Show it."""
    found = await who_may(visit.desk.neighbors.rights, visit.context.namespace)
    unseen = found.others.unseen
    values = {
        "own": [(power, _answer(allowance)) for power, allowance in found.own],
        "incomplete": found.incomplete,
        "why": found.why,
        "rows": [(holding, _may(holding)) for holding in found.others.holdings],
        "of_kubernetes": found.others.of_kubernetes,
        "hidden": [resource for resource in unseen if resource.endswith("bindings")],
        "unseen": unseen,
    }
    shown = f"kubectl auth can-i --list -n {visit.context.namespace}{visit.desk.options}"
    return Page("who-may", "Who may do what", values, shown)


def _answer(allowance: Allowance) -> str:
    if allowance.allowed is None:
        return "not listed"
    if not allowance.allowed:
        return "no"
    return _bounded("yes", allowance)


def _may(holding: Holding) -> list[str]:
    if holding.powers is None:
        return [f"not known: you may not read {holding.role}"]
    return [_bounded(f"{power.meaning} ({power.right})", allowance) for power, allowance in holding.powers]


def _bounded(text: str, allowance: Allowance) -> str:
    named = f", only {', '.join(allowance.names)}" if allowance.names else ""
    return f"{text}{named}{', by a wildcard' if allowance.by_wildcard else ''}"
