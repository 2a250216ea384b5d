"""Where the clients are tried: the real operator and verifiers behind TLS, on a real control plane, and the tokens."""

from __future__ import annotations

import base64
import http.client
import json
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from bench.introspection.certificates import Certificates
from pharia_access.domain.token import mint
from tools.control_plane.api import Api
from tools.control_plane.processes import free_port, wait_until
from tools.control_plane.verifiers import Verifiers, write_keyring
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.bench_cluster import BenchCluster

__all__ = ["CAP_SECONDS", "ROLE", "SITUATIONS", "Stage", "stage"]

ROLE = "studio-user"
CAP_SECONDS = 10
"""`INTROSPECTION_LONGEST_EXPIRY` of the second verifier."""

_NAMESPACE = "finance"
_CALLER = "introspector"
SITUATIONS = ("good", "another role", "revoked", "expired", "suspended", "deleted", "forged", "malformed", "more")
"""What may be the matter with a token; only the first passes."""


@dataclass(slots=True)
class Stage:
    """What the clients are tried with.

    Attributes:
        verifier: host and port of the one with default settings.
        capped: the same of the one that bounds `exp`.
        caller: the token that the clients ask with.
        tokens: texts, by situation.
        texts: every text that must stand in no result.
        made: how many fresh tokens there were.
    """

    workspace: Workspace
    certificates: Certificates
    verifier: str
    capped: str
    caller: str = field(default="", repr=False)
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    texts: set[str] = field(default_factory=set, repr=False)
    made: int = 0

    def fresh(self) -> tuple[str, str]:
        """Name and text of a good token that nobody has asked about."""
        self.made += 1
        name = f"fresh-{self.made}"
        return name, self._issued(name, "invoice-bot")

    def revoke(self, name: str) -> float:
        """Revoke a token; the time of `time.monotonic` when the API server had answered."""
        self.workspace.revoke(name)
        return time.monotonic()

    def ask(self, verifier: str, text: str) -> tuple[int, Mapping[str, object]]:
        """What a verifier answers the caller: status and facts."""
        context = self.certificates.client()
        connection = http.client.HTTPSConnection(verifier, timeout=10, context=context)
        headers = {"Authorization": f"Bearer {self.caller}", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request("POST", "/oauth2/introspect", body=urlencode({"token": text}), headers=headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    @contextmanager
    def caller_changed(self, change: Mapping[str, object], back: Mapping[str, object], status: int) -> Iterator[None]:
        """Change the caller's credential for a while, until the verifiers answer the caller with this status."""
        credential = self.workspace.known("ApiCredential", _CALLER)
        self.workspace.change(credential, {"spec": change})
        self._until_status(status)
        try:
            yield
        finally:
            self.workspace.change(credential, {"spec": back})
            self._until_status(http.client.OK)

    def prepare(self) -> None:
        """Make the roles, the credentials, and a token for each situation."""
        permissions = [{"permission": "AccessModel", "fields": {"model": "*"}}]
        self.workspace.role(ROLE, permissions=permissions)
        self.workspace.role("studio-admin")
        self.workspace.role("introspection", permissions=[{"permission": "IntrospectTokens"}])
        self.workspace.credential(_CALLER, roles=["introspection"])
        self.workspace.credential(roles=[ROLE])
        self.workspace.credential("resting-bot", roles=[ROLE])
        self.workspace.credential("other-bot", roles=["studio-admin"])
        self.caller = self._text_of(_CALLER, _CALLER)
        for situation in ("good", "revoked", "expired", "deleted"):
            self.tokens[situation] = self._issued(situation, "invoice-bot")
        self.tokens["another role"] = self._issued("another-role", "other-bot")
        self.tokens["suspended"] = self._issued("suspended", "resting-bot")
        self.tokens["forged"] = _forged(self.tokens["good"])
        self.tokens["malformed"] = self.tokens["good"][:-1]
        self.tokens["more"] = f"{self.tokens['good']}&x=y"
        self._end()
        self.texts.update(self.tokens.values())

    def _end(self) -> None:
        """Let the tokens end whose situation is an end."""
        known = self.workspace.known
        self.workspace.revoke("revoked")
        self.workspace.end_in(known("ApiToken", "expired"), 1)
        self.workspace.delete(known("ApiToken", "deleted"))
        self.workspace.change(known("ApiCredential", "resting-bot"), {"spec": {"suspended": True}})
        for situation in ("revoked", "expired", "deleted", "suspended"):
            self._until_active(self.tokens[situation], active=False)

    def _issued(self, name: str, credential: str) -> str:
        text = self._text_of(name, credential)
        self._until_active(text, active=True)
        return text

    def _text_of(self, name: str, credential: str) -> str:
        self.workspace.issued(name, ttl="12h", credentialRef={"name": credential})
        text = self.workspace.text(f"{name}-token").reveal()
        self.texts.add(text)
        return text

    def _until_active(self, text: str, *, active: bool) -> None:
        def arrived() -> bool:
            return all(self.ask(verifier, text)[1].get("active") is active for verifier in (self.verifier, self.capped))

        wait_until(arrived, what=f"the verifiers say that a token is active: {active}", timeout=20)

    def _until_status(self, status: int) -> None:
        def arrived() -> bool:
            answers = [self.ask(verifier, self.tokens["good"]) for verifier in (self.verifier, self.capped)]
            return all(answer[0] == status for answer in answers)

        wait_until(arrived, what=f"the verifiers answer the caller {status}", timeout=20)


def _forged(text: str) -> str:
    """The token's ID with another secret, and the checksum that fits."""
    prefix, token_id, _ = text.split("_")
    known = base64.b32decode(token_id.upper())
    return mint(prefix, lambda count: known if count == len(known) else secrets.token_bytes(count)).reveal()


def _verifier(cluster: BenchCluster, made: Verifiers, certificates: Certificates, settings: Mapping[str, str]) -> str:
    """Start one; its host and port."""
    root, port = cluster.root / f"verifier-{len(made.started)}", free_port()
    write_keyring(cluster.control_plane, root / "keyring")
    own = {
        "PORT": str(port),
        "TLS_CERT_FILE": str(certificates.certificate),
        "TLS_KEY_FILE": str(certificates.key),
        "INTROSPECTION_ISSUER": f"https://127.0.0.1:{port}",
    }
    made.start(root, {**own, **settings})
    return f"127.0.0.1:{port}"


@contextmanager
def stage(cluster: BenchCluster) -> Iterator[Stage]:
    """Set it up; everything ends with the block."""
    certificates = Certificates.made(cluster.root / "certificates")
    verifiers = Verifiers(cluster.control_plane)
    with cluster.operator("operator"):
        try:
            plain = _verifier(cluster, verifiers, certificates, {})
            cap = {"INTROSPECTION_LONGEST_EXPIRY": f"{CAP_SECONDS}s"}
            capped = _verifier(cluster, verifiers, certificates, cap)
            cluster.control_plane.kubectl("create", "namespace", _NAMESPACE)
            workspace = Workspace(Api(cluster.control_plane.kubeconfig), _NAMESPACE)
            made = Stage(workspace, certificates, plain, capped)
            made.prepare()
            yield made
        finally:
            verifiers.stop()
