"""An API server that asks a verifier who a token is, set up by the page on kubectl with a token."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import trustme

from tests.support.documents.console_blocks import ROOT
from tools.control_plane.processes import free_port
from tools.control_plane.verifiers import Verifiers, write_keyring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

__all__ = ["PAGE", "asked_by_the_api_server", "shown"]

PAGE: Final = "docs/how-to/kubectl-with-a-token.md"
"""The page."""
_AUDIENCE: Final = "https://kubernetes.default.svc"
_FOLDER: Final = "/etc/kubernetes/pharia-access"


@contextmanager
def asked_by_the_api_server(
    control_plane: ControlPlane, folder: Path
) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """A verifier behind TLS that wants a client certificate, and an API server that asks it; ends it for a block."""
    _write_certificates(folder)
    port = free_port()
    write_keyring(control_plane, folder / "verifier" / "keyring")
    settings = {
        "TOKEN_REVIEW": "true",
        "TOKEN_REVIEW_PORT": str(port),
        "TOKEN_REVIEW_CERT_FILE": str(folder / "server.crt"),
        "TOKEN_REVIEW_KEY_FILE": str(folder / "server.key"),
        "TOKEN_REVIEW_CLIENT_CA_FILE": str(folder / "ca.crt"),
        "TOKEN_REVIEW_AUDIENCES": _AUDIENCE,
    }
    verifiers = Verifiers(control_plane)

    @contextmanager
    def gone() -> Iterator[None]:
        verifiers.stop()
        yield
        verifiers.start(folder / "verifier", settings)

    try:
        verifiers.start(folder / "verifier", settings)
        _webhook(folder, port)
        control_plane.restart_api_server_with(*_flags(folder))
        yield gone
    finally:
        verifiers.stop()
        control_plane.restart_api_server_with()
        control_plane.restart_controllers()  # whose watches would wait up to a minute


def _write_certificates(folder: Path) -> None:
    """Of both sides, and the authority that signs them."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.crt"))
    for name in ("server", "client"):
        leaf = authority.issue_cert("pharia-access-verifier.pharia-access-system.svc", common_name=name)
        (folder / f"{name}.crt").write_bytes(leaf.cert_chain_pems[0].bytes())
        (folder / f"{name}.key").write_bytes(leaf.private_key_pem.bytes())


def _webhook(folder: Path, port: int) -> Path:
    """The guide's file, with this verifier's address and these certificates."""
    written = shown("yaml", "kind: Config").replace("10.96.0.50:8443", f"127.0.0.1:{port}")
    path = folder / "webhook.yaml"
    path.write_text(written.replace(_FOLDER, str(folder)))
    return path


def _flags(folder: Path) -> list[str]:
    """The guide's, but that the API server's cache forgets after a second."""
    found = shown("text", "--authentication-token-webhook").replace(_FOLDER, str(folder)).split()
    return [re.sub(r"(?<=cache-ttl=)\w+", "1s", flag) for flag in found]


def shown(language: str, words: str) -> str:
    """The block of the guide that has these words."""
    found = re.findall(
        rf"^```{language}\n(.*?)^```$", (ROOT / PAGE).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    block: str = next(text for text in found if words in text)
    return block
