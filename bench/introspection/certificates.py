"""The authority that the clients trust here, and the certificate of the verifier and of the relay."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Certificates"]


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files, in PEM."""

    ca_file: Path
    certificate: Path
    key: Path

    @classmethod
    def made(cls, folder: Path) -> Certificates:
        """Make them, for 127.0.0.1."""
        folder.mkdir(mode=0o700, parents=True)
        made = cls(folder / "ca.pem", folder / "server.pem", folder / "server.key")
        authority = trustme.CA()
        leaf = authority.issue_cert("127.0.0.1")
        authority.cert_pem.write_to_path(str(made.ca_file))
        leaf.cert_chain_pems[0].write_to_path(str(made.certificate))
        leaf.private_key_pem.write_to_path(str(made.key))
        return made

    def server(self) -> ssl.SSLContext:
        """For who answers."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def client(self) -> ssl.SSLContext:
        """For who asks."""
        return ssl.create_default_context(cafile=str(self.ca_file))
