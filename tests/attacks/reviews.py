"""A TokenReview port, and who asks there: certificates that are good, and some that are not."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import trustme

__all__ = ["AUDIENCE", "Certificates", "answered", "review_settings"]

AUDIENCE: Final = "https://kubernetes.default.svc"


@dataclass(frozen=True, slots=True)
class Certificates:
    """A folder of them: of the server, of an API server, and of a stranger with an authority of its own."""

    folder: Path

    @classmethod
    def made(cls, root: Path) -> Self:
        """Make them."""
        folder = root / "certificates"
        folder.mkdir(parents=True)
        ours, theirs = trustme.CA(), trustme.CA()
        ours.cert_pem.write_to_path(str(folder / "ca.crt"))
        for name, authority in {"server": ours, "api-server": ours, "stranger": theirs}.items():
            leaf = authority.issue_cert("127.0.0.1", common_name=name)
            (folder / f"{name}.crt").write_bytes(leaf.cert_chain_pems[0].bytes())
            (folder / f"{name}.key").write_bytes(leaf.private_key_pem.bytes())
        return cls(folder)

    def path(self, name: str) -> str:
        """Of one file."""
        return str(self.folder / name)

    def context(self, client: str | None) -> ssl.SSLContext:
        """How somebody shakes hands: `client` is whose certificate they show, None for none."""
        made = ssl.create_default_context(cafile=self.path("ca.crt"))
        if client is not None:
            made.load_cert_chain(self.path(f"{client}.crt"), self.path(f"{client}.key"))
        return made


def review_settings(certificates: Certificates, port: int) -> dict[str, str]:
    """What a verifier needs that answers TokenReviews there."""
    return {
        "TOKEN_REVIEW": "true",
        "TOKEN_REVIEW_PORT": str(port),
        "TOKEN_REVIEW_CERT_FILE": certificates.path("server.crt"),
        "TOKEN_REVIEW_KEY_FILE": certificates.path("server.key"),
        "TOKEN_REVIEW_CLIENT_CA_FILE": certificates.path("ca.crt"),
        "TOKEN_REVIEW_AUDIENCES": AUDIENCE,
    }


def answered(port: int, context: ssl.SSLContext, token: str, *audiences: str) -> dict[str, Any] | None:
    """The status of a TokenReview; None where the handshake or the connection fails, or the answer is no 200."""
    spec = {"token": token, **({"audiences": list(audiences)} if audiences else {})}
    body = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec})
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=context)
    try:
        connection.request("POST", "/tokenreview", body=body, headers={"Content-Type": "application/json"})
        answer = connection.getresponse()
        read = answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    status: dict[str, Any] | None = json.loads(read).get("status") if answer.status == http.client.OK else None
    return status
