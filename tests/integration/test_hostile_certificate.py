"""A stranger answers in the API server's place, by a certificate whose names would drive a terminal."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.kubectl.plugin_runner import Plugin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

V1 = "client.authentication.k8s.io/v1"
GREETS = (
    'printf "\\033[1mhello\\n" >&2;'
    f"""echo '{{"apiVersion":"{V1}","kind":"ExecCredential","status":{{"token":"t"}}}}'"""
)
SIGNED_IN_BY: dict[str, object] = {
    "a token": {"token": "t"},
    "an exec plugin": {
        "exec": {"apiVersion": V1, "command": "sh", "args": ["-c", GREETS], "interactiveMode": "Never"},
    },
}


def hostile_certificate(path: Path) -> Path:
    """With its key. klog writes of it what no pipe takes at once, so that it comes in pieces."""
    key = ec.generate_private_key(ec.SECP256R1())
    whose = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    names = [
        x509.DNSName._init_without_validation(f"\x1b[2J{'x' * 50}\rPASSWORD: \n\x1b]0;x\x07" * 40) for _ in range(40)
    ]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(whose, whose, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@contextmanager
def stranger(certificate: Path) -> Iterator[str]:
    """Answers every connection; its URL."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)

    def serve() -> None:
        with suppress(OSError):  # at the end
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.settimeout(10)
                    tls.wrap_socket(connection, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://localhost:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


@pytest.mark.parametrize("way", SIGNED_IN_BY)
def test_a_strangers_certificate_does_not_drive_the_terminal(
    control_plane: ControlPlane, tmp_path: Path, way: str
) -> None:
    with stranger(hostile_certificate(tmp_path / "pem")) as server:
        kubeconfig = {
            "clusters": [{"name": "x", "cluster": {"server": server}}],
            "users": [{"name": "x", "user": SIGNED_IN_BY[way]}],
            "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
            "current-context": "x",
        }
        (tmp_path / "k").write_text(json.dumps(kubeconfig))
        told = Plugin(control_plane, "default", kubeconfig=tmp_path / "k").pipe("token", "list")

    ours = told.stderr.removeprefix("\x1b[1mhello\n")
    assert "Error: The API server's certificate is not trusted: certificate is valid for " in ours
    assert (told.status, told.stdout) == (1, "")
    assert (ours == told.stderr) is (way == "a token")
    assert not set(ours) & {"\x1b", "\x07", "\r"}
