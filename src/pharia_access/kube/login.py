"""The address and login of the API server, from a kubeconfig or the pod. A person's login is in `kubectl_proxy`.

Reads no environment, except for the library's in-cluster configuration.
"""

import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kubernetes.aio import config
from kubernetes.aio.client import Configuration

from pharia_access.errors import SettingsError

__all__ = ["Login", "configuration_of"]


log = logging.getLogger(__name__)

_BEARER: Final = "BearerToken"
_BEARER_TOKEN: Final = re.compile(r"bearer [!-~]+")


@dataclass(frozen=True, slots=True)
class Login:
    """The source of the API server's address and the login.

    Attributes:
        kubeconfig: its path, or several as in KUBECONFIG; None stands for the pod's ServiceAccount.
    """

    kubeconfig: str | None

    def __str__(self) -> str:
        if self.kubeconfig is None:
            return "the pod's ServiceAccount (no kubeconfig is given)"
        return f"the kubeconfig {self.kubeconfig}"


async def configuration_of(login: Login) -> Configuration:
    """Build the client library's configuration. Raises SettingsError."""
    configuration = Configuration()
    with _told(login):
        if login.kubeconfig is None:
            config.load_incluster_config(configuration)  # type: ignore[no-untyped-call] # so the library says
            _TokenFile(configuration).install(configuration)
        else:
            _require_file(login.kubeconfig)
            await config.load_kube_config(  # type: ignore[no-untyped-call] # so the library says
                config_file=login.kubeconfig,
                client_configuration=configuration,
                persist_config=False,
            )
    return configuration


class _TokenFile:
    """Reads the ServiceAccount's token through the library once a minute; keeps the last token if that fails.

    Without this class the request would fail with any error, although the last token is valid for up to an hour.
    """

    def __init__(self, configuration: Any) -> None:  # noqa: ANN401 - its hook is typed as None by the library
        self._read: Callable[[Configuration], None] = configuration.refresh_api_key_hook
        self._failed = False

    def install(self, configuration: Any) -> None:  # noqa: ANN401 - the same
        """Replace the library's hook, which reinstalls itself at each reading."""
        configuration.refresh_api_key_hook = self._refresh

    def _refresh(self, configuration: Configuration) -> None:
        before = configuration.api_key[_BEARER]
        try:
            self._read(configuration)
            failed = _BEARER_TOKEN.fullmatch(configuration.api_key[_BEARER].strip()) is None
        except Exception:  # noqa: BLE001 - whatever a file makes the library raise
            failed = True
        self.install(configuration)
        configuration.api_key[_BEARER] = before if failed else configuration.api_key[_BEARER].strip()
        if failed and not self._failed:
            log.warning("cannot read the ServiceAccount's token; using the last one")
        self._failed = failed


def _require_file(kubeconfig: str) -> None:
    """Raise ConfigException if none of the files exists: the library would only log that."""
    if not any(Path(path).exists() for path in kubeconfig.split(os.pathsep)):
        msg = "file not found"
        raise config.ConfigException(msg)


@contextmanager
def _told(login: Login) -> Iterator[None]:
    """Turn the library's exceptions into a SettingsError."""
    try:
        yield
    except (config.ConfigException, OSError) as error:
        msg = f"cannot use {login}: {error}"
        raise SettingsError(msg) from error
    except Exception as error:  # noqa: BLE001 - of YAML and of the library: each means that the file is wrong
        # Without the text, which may quote the file.
        msg = f"cannot use {login}: invalid content ({type(error).__name__})"
        raise SettingsError(msg) from None
