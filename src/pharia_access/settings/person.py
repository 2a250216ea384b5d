"""What the command line takes from the environment: the pod that it may run in, as kubectl sees it, and colors."""

import os
from pathlib import Path
from typing import Final

__all__ = ["SERVICE_ACCOUNT", "pod_namespace", "wants_colours"]

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its own; client-go has it fixed too."""


def pod_namespace(service_account: Path = SERVICE_ACCOUNT) -> str | None:
    """The namespace of the pod that this is; None outside of one.

    By client-go's rules (`inClusterClientConfig`): POD_NAMESPACE, else the ServiceAccount's, else `default`.
    """
    environment = os.environ  # noqa: TID251 - settings is the reader of the environment
    inside = environment.get("KUBERNETES_SERVICE_HOST") and environment.get("KUBERNETES_SERVICE_PORT")
    if not inside or not (service_account / "token").is_file():
        return None
    return environment.get("POD_NAMESPACE") or _written(service_account / "namespace") or "default"


def wants_colours() -> bool:
    """Whether NO_COLOR is unset or empty."""
    return not os.environ.get("NO_COLOR")  # noqa: TID251 - the same


def _written(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, ValueError):
        return ""
