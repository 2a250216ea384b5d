"""What the command line takes from the environment: where the kubeconfig is, as kubectl finds it."""

import os
from pathlib import Path

__all__ = ["kubeconfig_path"]


def kubeconfig_path() -> str | None:
    """KUBECONFIG (one path or several), else ~/.kube/config; None where that is missing too, as in a pod."""
    named = os.environ.get("KUBECONFIG")  # noqa: TID251 - settings is the reader of the environment
    if named:
        return named
    habit = Path.home() / ".kube" / "config"
    return str(habit) if habit.exists() else None
