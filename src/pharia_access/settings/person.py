"""What the command line takes from the environment: where the kubeconfig is, as kubectl finds it, and colours."""

import os
from pathlib import Path

__all__ = ["kubeconfig_path", "wants_colours"]


def kubeconfig_path() -> str | None:
    """KUBECONFIG (one path or several), else ~/.kube/config; None where that is missing too, as in a pod."""
    named = os.environ.get("KUBECONFIG")  # noqa: TID251 - settings is the reader of the environment
    if named:
        return named
    habit = Path.home() / ".kube" / "config"
    return str(habit) if habit.exists() else None


def wants_colours() -> bool:
    """Whether NO_COLOR is unset or empty."""
    return not os.environ.get("NO_COLOR")  # noqa: TID251 - the same
