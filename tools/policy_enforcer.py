"""What keeps NetworkPolicies on the node of `make e2e`: kube-router's firewall, built from a Go module of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.go_build import GoModule

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ensure_policy_enforcer"]

_MODULE = GoModule("policy-enforcer", go=(1, 26), minutes=1)
_PROGRAM = "policy-enforcer"


def ensure_policy_enforcer() -> Path:
    """Where it is, after building it if need be. Raises BuildError."""
    return _MODULE.ensure({_PROGRAM: "."})[_PROGRAM]
