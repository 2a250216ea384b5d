"""How the starter of a control plane talks to it: command line clients, and a bare look at one URL.

Tests of the operator use kubectl or the operator's own client instead of `Probe`.
"""

from __future__ import annotations

import http.client
import ssl
import subprocess
from typing import TYPE_CHECKING

from tools.control_plane.processes import ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.control_plane.pki import Pki

__all__ = ["Probe", "run_client"]


class Probe:
    """Asks the API server on a port of 127.0.0.1 for the status of a URL, as administrator."""

    def __init__(self, port: int, pki: Pki) -> None:
        self.port = port
        self._tls = ssl.create_default_context(cafile=pki.ca_file)
        self._tls.load_cert_chain(pki.admin.certificate, pki.admin.key)

    def status(self, path: str) -> int:
        """The HTTP status of GET `path`; 0 if nobody answers, or somebody else than this control plane."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=self._tls)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def run_client(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    check: bool,
    timeout: float,
    stdin: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a client to its end, at most `timeout` seconds; `check`: raise ProcessError with what it said."""
    done = subprocess.run(
        list(argv),
        input=stdin or "",
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    if check and done.returncode:
        command = " ".join(argv)
        message = f"{command} ended with status {done.returncode}:\n{done.stdout}{done.stderr}"
        raise ProcessError(message)
    return done
