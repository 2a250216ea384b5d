"""Parts of a verifier's view: one namespace for all, or three that are watched each for itself."""

from pharia_access.services.verifier.freshness import Bounds, Freshness, Part

__all__ = ["CREDENTIALS", "NAMESPACES", "PARTS", "ROLES", "TOKENS", "fresh", "of_one_view", "of_three_namespaces"]

ROLES = Part("ApiRole")
TOKENS, CREDENTIALS = Part("ApiToken"), Part("ApiCredential")
NAMESPACES = ("finance", "research", "doomed")
PARTS = (*(Part(kind, namespace) for namespace in NAMESPACES for kind in ("ApiToken", "ApiCredential")), ROLES)


def of_one_view(*, at: float = 1000) -> Freshness:
    freshness = Freshness((TOKENS, CREDENTIALS, ROLES), Bounds(view=300, contact=30))
    for part in (TOKENS, CREDENTIALS, ROLES):
        freshness.mark_fresh(part, at)
    return freshness


def of_three_namespaces(*, at: float = 1000) -> Freshness:
    freshness = Freshness(PARTS, Bounds(view=300, contact=30))
    for part in PARTS:
        freshness.mark_fresh(part, at)
    return freshness


def fresh(freshness: Freshness, now: float) -> list[str]:
    return [namespace for namespace in NAMESPACES if freshness.is_fresh(namespace, now)]
