"""Turns kubectl's errors of login, TLS and proxies into sentences: what failed, why, and what to do.

The reasons are those of client-go and of Go's net, net/http and crypto packages. Unknown errors keep kubectl's words,
which quote the other side: escape them before printing.
"""

import re
from typing import Final

from pharia_access.errors import LoginError, UnavailableError
from pharia_access.kube.administration.kubeconfig import CHOOSE

__all__ = ["carrier_failure", "plain_request_failure", "request_failure", "start_failure"]

_MOST_CHARACTERS: Final = 2000
_PREFIX: Final = re.compile(r"^error: ")
_LOG_HEADER: Final = re.compile(r"^[IWEF]\d{4} [\d:.]+ +\d+ \S+\] .*$\n?", re.MULTILINE)
_ASKED_FOR_NAME: Final = "EOF"
"""kubectl asks for a user name if nothing signs in, and gets no answer here."""
_QUOTES_ANSWER: Final = re.compile(r"malformed|invalid (header|byte)|unexpected response")
"""Errors of net/http that repeat bytes of the other side, perhaps of a Secret."""

_REASONS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        r"exec: executable (?P<what>\S+) not found(?P<hint>.*)",
        "The kubeconfig's exec plugin was not found: {what}",
        "{hint}",
    ),
    (
        r"exec: executable (?P<what>.+) failed with exit code (?P<code>-?\d+)",
        "The kubeconfig's exec plugin failed: {what} ended with status {code}",
        "See its output above. Log in with it again, then repeat the command.",
    ),
    (
        r"^(?:getting credentials: |(?=exec: |exec plugin ))(?P<why>.+)",
        "The kubeconfig's exec plugin returned no login: {why}",
        "Check it in the kubeconfig: kubectl config view --minify",
    ),
    (
        r"(?:proxyconnect tcp|socks connect \S+ \S+): (?P<why>.+)",
        "The proxy to the API server failed: {why}",
        "Check proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY.",
    ),
    (
        r"(?:tls: failed to verify certificate: )?x509: (?P<why>.+)",
        "The API server's certificate is not trusted: {why}",
        "The kubeconfig's certificate-authority must be the one that signed it.",
    ),
    (
        r"http: server gave HTTP response to HTTPS client",
        "There is no TLS at the API server's address: it answers plain HTTP",
        "Check the server in the kubeconfig: kubectl config view --minify",
    ),
    (
        r"(?:remote error: )?tls: (?P<why>.+)",
        "The TLS handshake with the API server failed: {why}",
        "Check the server and the certificates in the kubeconfig: kubectl config view --minify",
    ),
    (
        r"dial tcp: lookup (?P<host>\S+?)(?: on \S+)?: (?P<why>.+)",
        "Cannot resolve the API server's name {host}: {why}",
        "Check that the cluster is reachable from here: kubectl version",
    ),
)
_UNREACHABLE: Final = "Check that the cluster is reachable: kubectl version"


def start_failure(written: bytes) -> LoginError:
    """Explain why kubectl ended before its first request, from its standard error."""
    message = _PREFIX.sub("", _LOG_HEADER.sub("", written.decode(errors="replace")).strip())[:_MOST_CHARACTERS]
    if message == _ASKED_FOR_NAME:
        return LoginError("Not logged in: the credentials in the kubeconfig are empty", CHOOSE)
    return LoginError(f"Not logged in, says kubectl: {message or 'nothing'}", CHOOSE)


def request_failure(text: str, *, method: str, path: str) -> UnavailableError:
    """Explain an error that kubectl answers itself: no answer came, and the request may have taken effect."""
    return _no_answer(*_explained(text.strip()[:_MOST_CHARACTERS]), method, path)


def plain_request_failure(*, method: str, path: str) -> UnavailableError:
    """Explain that the API server wants TLS, and the kubeconfig says http://."""
    return _no_answer(
        "The API server speaks TLS, but the kubeconfig's server is http://", "Write https:// there.", method, path
    )


def carrier_failure(*, method: str, path: str) -> UnavailableError:
    """Explain that nothing listens on kubectl's socket."""
    return _no_answer("The kubectl proxy that carries the requests has ended", "Run the command again.", method, path)


def _no_answer(message: str, next_step: str, method: str, path: str) -> UnavailableError:
    error = UnavailableError(f"{method} {path}: no answer ({message})")
    error.server_message, error.next_step = message, next_step
    return error


def _explained(text: str) -> tuple[str, str]:
    if _QUOTES_ANSWER.search(text):
        return "Cannot read the answer from the API server's address", _UNREACHABLE
    for pattern, sentence, next_step in _REASONS:
        if found := re.search(pattern, text, re.DOTALL):
            parts = {name: part.strip() for name, part in found.groupdict(default="").items()}
            return sentence.format(**parts), next_step.format(**parts)
    return f"The API server does not answer: {text}", _UNREACHABLE
