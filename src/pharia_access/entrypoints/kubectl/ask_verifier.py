"""What a verifier says of a token. The token is sent once, to that address and no other, and is in no error."""

import asyncio
import json
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import SplitResult, urlsplit

from pharia_access.domain.token import TokenText
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import RefusedError, warn
from pharia_access.entrypoints.kubectl.render import print_fields, print_section, print_value
from pharia_access.entrypoints.kubectl.verifier_request import ProxyError, get
from pharia_access.errors import AccessError
from pharia_access.kube.errors import LibraryError
from pharia_access.settings.cli import proxy_for

__all__ = ["Verifier", "VerifierError", "show", "tell"]

Json = dict[str, Any]

_MOST_BYTES: Final = 1024 * 1024
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})

_REFUSALS: Final[Mapping[int, tuple[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: (
        "The verifier does not accept this token: it is unknown, expired or revoked, or its credential is suspended",
        "To find its token: kubectl access token whois --stdin",
    ),
    HTTPStatus.FORBIDDEN: (
        "Something in front of the verifier refused the request (403): a verifier never answers 403",
        "Give the verifier's own URL with --verifier.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: ("The verifier cannot answer now (503)", "Run the command again in a moment."),
}
_NAME_IT: Final = "Give a verifier's URL with --verifier."


class VerifierError(AccessError):
    """A verifier gave no answer that helps."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Where it is.

    Attributes:
        ca_file: who may have signed its certificate; empty for the system's authorities.
        insecure: believe any certificate.
        timeout: seconds for the whole exchange.
    """

    url: str
    ca_file: str = ""
    insecure: bool = False
    timeout: float = 30.0


async def tell(cli: CliOptions, text: TokenText, verifier: Verifier) -> None:
    """Ask, and print the answer."""
    parts = _parts(verifier.url)
    if parts.scheme == "http" and parts.hostname not in _HERE:
        warn("http:// sends the token unencrypted.")
    answer = _read(*await _ask(text, verifier))
    if cli.for_people:
        show(answer)
    else:
        print_value(answer, cli.output)


def _parts(url: str) -> SplitResult:
    with suppress(ValueError):  # such as half an IPv6 address
        parts = urlsplit(url)
        login, _port = parts.username, parts.port
        if parts.scheme in {"http", "https"} and parts.hostname and not (login or parts.query or parts.fragment):
            return parts
    msg = "--verifier must be a URL, such as https://access.example.com"
    raise RefusedError(msg)


async def _ask(text: TokenText, verifier: Verifier) -> tuple[int, bytes]:
    """Status and body."""
    url = urlsplit(f"{verifier.url.rstrip('/')}/whoami")
    tls, proxy = _tls(verifier, url.scheme), _proxy(verifier)
    try:
        async with asyncio.timeout(verifier.timeout):
            return await get(url, _header(text), tls=tls, proxy=proxy, most_bytes=_MOST_BYTES)
    except (LibraryError, ProxyError, OSError, ValueError) as error:
        problem, next_step = _problem(error, verifier)
    # Outside of `except`: an error may keep the request, with its headers, and would come along.
    raise VerifierError(problem, next_step)


def _header(text: TokenText) -> dict[str, str]:
    return {"Authorization": f"Bearer {text.reveal()}", "Accept": "application/json"}


def _proxy(verifier: Verifier) -> str | None:
    """The proxy that the environment names, without which a token would go another way than is said."""
    proxy = proxy_for(verifier.url)
    if proxy is not None and urlsplit(proxy).scheme not in {"http", "https"}:
        msg = f"The proxy for {verifier.url} has a scheme that whoami does not support: {urlsplit(proxy).scheme}"
        raise RefusedError(msg, "Set HTTPS_PROXY to an HTTP proxy, or exclude the verifier with NO_PROXY.")
    return proxy


def _tls(verifier: Verifier, scheme: str) -> ssl.SSLContext | None:
    if scheme == "http" and not verifier.ca_file:
        return None  # the system's authorities take longer to load than the answer to come
    try:
        context = ssl.create_default_context(cafile=verifier.ca_file or None)
    except OSError as error:  # also of ssl: a file without certificates
        msg = f"Cannot use {verifier.ca_file} as --ca-file: {error.strerror or error}"
        raise RefusedError(msg) from error
    if verifier.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context if scheme == "https" else None


def _problem(error: Exception, verifier: Verifier) -> tuple[str, str]:
    match error:
        case ssl.SSLCertVerificationError():
            return (
                f"The certificate of {verifier.url} is not trusted ({error.verify_message})",
                "Give its CA certificate with --ca-file.",
            )
        case ProxyError():
            what = f"The proxy to {verifier.url} failed ({error})"
            return what, "HTTPS_PROXY or HTTP_PROXY names the proxy; NO_PROXY excludes hosts."
        case ssl.SSLError():
            return f"Cannot establish TLS with {verifier.url}", "Check the URL: the verifier may speak http://."
        case TimeoutError():
            return f"The verifier at {verifier.url} does not answer in time", "Check that the verifier is running."
        case _:
            failed = error.__cause__ if isinstance(error, LibraryError) else error
            what = f"Cannot reach a verifier at {verifier.url} ({type(failed).__name__})"
            return what, "Check the URL, and that the verifier is running."


def _read(status: int, body: bytes) -> Json:
    if status != HTTPStatus.OK:
        raise VerifierError(
            *_REFUSALS.get(status, (f"This is not a verifier: it answered {status} for /whoami", _NAME_IT))
        )
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not _is_answer(answer):
        msg = "This is not a verifier: its answer for /whoami is invalid"
        raise VerifierError(msg, _NAME_IT)
    return cast("Json", answer)


def _is_answer(answer: object) -> bool:
    """Whether it can be shown: anybody may answer there."""
    if not isinstance(answer, dict) or not isinstance(answer.get("credential"), dict):
        return False
    roles, permissions = answer.get("roles", []), answer.get("permissions", [])
    lists = isinstance(roles, list) and isinstance(permissions, list)
    return lists and all(isinstance(permission, dict) for permission in permissions)


def show(answer: Json) -> None:
    """Print a verifier's answer for a person."""
    credential = answer["credential"]
    fields = {
        "Credential": credential.get("name"),
        "Namespace": credential.get("namespace"),
        "Token ID": answer.get("tokenID"),
        "Roles": ", ".join(map(str, answer.get("roles", []))),
        "Expires": answer.get("expiresAt"),
    }
    print_fields([(name, str(value or "")) for name, value in fields.items()])
    print_section("Permissions", [_line(permission) for permission in answer.get("permissions", [])])


def _line(permission: Json) -> str:
    restrictions = (f"{name}={value}" for name, value in permission.items() if name != "permission")
    return " ".join([str(permission.get("permission")), *restrictions])
