"""The marks of tools that create an object again after a deletion, beside those that settings name."""

from typing import Final

__all__ = ["MANAGERS", "RELEASE_NAME"]

MANAGERS: Final = frozenset({"argocd-controller", "argocd-application-controller", "kustomize-controller", "flux"})
"""Field managers of the tools that put back what Git says. Helm is none: it writes when a person upgrades."""

RELEASE_NAME: Final = "meta.helm.sh/release-name"
"""The annotation of an object of a Helm release: an upgrade creates a deleted one again."""
