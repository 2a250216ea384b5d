"""What the command line takes from the environment: the pod that it may run in, proxies, and colors."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

__all__ = ["SERVICE_ACCOUNT", "pod_namespace", "proxy_for", "verifier_url", "wants_colours"]

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


def proxy_for(url: str) -> str | None:
    """The proxy on the way to that URL, by HTTPS_PROXY or HTTP_PROXY and NO_PROXY; None for the straight way.

    As Go decides it, and so kubectl: never to this machine itself, and NO_PROXY may hold ranges of addresses.
    """
    from ipaddress import ip_address, ip_network  # noqa: PLC0415 - only for who asks a verifier
    from urllib.request import (  # type: ignore[attr-defined] # noqa: PLC0415 - its types lack the second
        getproxies_environment,
        proxy_bypass_environment,
    )

    parts = urlsplit(url)
    host, proxies = parts.hostname or "", getproxies_environment()
    named = proxies.get(parts.scheme)
    if not named or host == "localhost" or proxy_bypass_environment(parts.netloc.rpartition("@")[2], proxies):
        return None
    with suppress(ValueError):  # a name
        address = ip_address(host)
        ranges = (each.strip() for each in proxies.get("no", "").split(",") if "/" in each)
        if address.is_loopback or any(address in ip_network(each, strict=False) for each in ranges):
            return None
    return named if "://" in named else f"http://{named}"


def verifier_url() -> str:
    """The verifier that VERIFIER_URL names, as `make up` sets it; empty where it names none."""
    return os.environ.get("VERIFIER_URL", "")  # noqa: TID251 - the same


def wants_colours() -> bool:
    """Whether NO_COLOR is unset or empty."""
    return not os.environ.get("NO_COLOR")  # noqa: TID251 - the same


def _written(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, ValueError):
        return ""
