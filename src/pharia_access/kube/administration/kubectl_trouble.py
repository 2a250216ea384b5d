"""What kubectl says when its login, TLS or a proxy fails, as sentences: what failed, why, and what to do.

The reasons are those of client-go and of Go's net, net/http and crypto packages. What is not known here is told in
kubectl's own words, which quote the other side: whoever prints them escapes them.
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
"""kubectl asks for a user name where nothing signs in, and nobody answers it here."""
_QUOTES_ANSWER: Final = re.compile(r"malformed|invalid (header|byte)|unexpected response")
"""Of net/http: it repeats bytes that the other side sent, which may be a Secret's."""

_REASONS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        r"exec: executable (?P<what>\S+) not found(?P<hint>.*)",
        "The kubeconfig's exec plugin is not there: {what}",
        "{hint}",
    ),
    (
        r"exec: executable (?P<what>.+) failed with exit code (?P<code>-?\d+)",
        "The kubeconfig's exec plugin failed: {what} ended with status {code}",
        "What it wrote stands above. Log in again by it, then repeat the command.",
    ),
    (
        r"^(?:getting credentials: |(?=exec: |exec plugin ))(?P<why>.+)",
        "The kubeconfig's exec plugin gives no login: {why}",
        "See it in the kubeconfig: kubectl config view --minify",
    ),
    (
        r"(?:proxyconnect tcp|socks connect \S+ \S+): (?P<why>.+)",
        "The proxy on the way to the API server fails: {why}",
        "It stands in the kubeconfig's proxy-url, or in HTTPS_PROXY; NO_PROXY makes exceptions.",
    ),
    (
        r"(?:tls: failed to verify certificate: )?x509: (?P<why>.+)",
        "The API server's certificate is not trusted: {why}",
        "The kubeconfig's certificate-authority must be the one that signed it.",
    ),
    (
        r"http: server gave HTTP response to HTTPS client",
        "There is no TLS at the API server's address: it answers plain HTTP",
        "See the server in the kubeconfig: kubectl config view --minify",
    ),
    (
        r"(?:remote error: )?tls: (?P<why>.+)",
        "There is no TLS to be had with the API server: {why}",
        "See the server and the certificates in the kubeconfig: kubectl config view --minify",
    ),
    (
        r"dial tcp: lookup (?P<host>\S+?)(?: on \S+)?: (?P<why>.+)",
        "The API server's name {host} is not known: {why}",
        "Is the cluster reachable from here? See: kubectl version",
    ),
)
_UNREACHABLE: Final = "Is the cluster reachable? See: kubectl version"


def start_failure(written: bytes) -> LoginError:
    """What kubectl's end before its first request means, by what it wrote to standard error."""
    said = _PREFIX.sub("", _LOG_HEADER.sub("", written.decode(errors="replace")).strip())[:_MOST_CHARACTERS]
    if said == _ASKED_FOR_NAME:
        return LoginError("There is no login: what the kubeconfig names is empty", CHOOSE)
    return LoginError(f"There is no login, says kubectl: {said or 'nothing'}", CHOOSE)


def request_failure(text: str, *, method: str, path: str) -> UnavailableError:
    """What kubectl answers in the API server's place: no answer came, and the request may have taken effect."""
    return _no_answer(*_told(text.strip()[:_MOST_CHARACTERS]), method, path)


def plain_request_failure(*, method: str, path: str) -> UnavailableError:
    """The API server wants TLS, and the kubeconfig says http://."""
    return _no_answer(
        "The API server speaks TLS, and the kubeconfig's server is http://", "Write https://.", method, path
    )


def carrier_failure(*, method: str, path: str) -> UnavailableError:
    """Nobody serves at kubectl's socket."""
    return _no_answer("What carries the requests, kubectl proxy, has ended", "Run the command again.", method, path)


def _no_answer(said: str, next_step: str, method: str, path: str) -> UnavailableError:
    error = UnavailableError(f"{method} {path}: no answer ({said})")
    error.said, error.next_step = said, next_step
    return error


def _told(text: str) -> tuple[str, str]:
    if _QUOTES_ANSWER.search(text):
        return "What answers at the API server's address is not understood", _UNREACHABLE
    for pattern, sentence, next_step in _REASONS:
        if found := re.search(pattern, text, re.DOTALL):
            parts = {name: part.strip() for name, part in found.groupdict(default="").items()}
            return sentence.format(**parts), next_step.format(**parts)
    return f"The API server does not answer: {text}", _UNREACHABLE
