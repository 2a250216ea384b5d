"""What kubectl says of a login, TLS or a proxy that fails, as sentences. The texts are those of kubectl 1.37.2."""

from __future__ import annotations

import pytest

from pharia_access.entrypoints.kubectl.failures import explain
from pharia_access.kube.administration.kubectl_trouble import request_failure, start_failure

HINT = "\n\nIt looks like you are trying to use a client-go credential plugin that is not installed.\n\nget it\n"


@pytest.mark.parametrize(
    ("text", "sentence", "next_step"),
    [
        (
            "getting credentials: exec: executable /p failed with exit code 255",
            "The kubeconfig's exec plugin failed: /p ended with status 255.",
            "See its output above. Log in with it again, then repeat the command.",
        ),
        (
            "exec: executable /p failed with exit code 1",  # for a certificate, within TLS
            "The kubeconfig's exec plugin failed: /p ended with status 1.",
            "See its output above. Log in with it again, then repeat the command.",
        ),
        (
            "getting credentials: exec plugin didn't return a token or cert/key pair",
            "The kubeconfig's exec plugin returned no login: exec plugin didn't return a token or cert/key pair.",
            "Check it in the kubeconfig: kubectl config view --minify",
        ),
        (
            f"getting credentials: exec: executable p not found{HINT}",
            "The kubeconfig's exec plugin was not found: p.",
            HINT.strip(),
        ),
        (
            "getting credentials: exec: fork/exec /p: no such file or directory",
            "The kubeconfig's exec plugin returned no login: exec: fork/exec /p: no such file or directory.",
            "Check it in the kubeconfig: kubectl config view --minify",
        ),
        (
            "proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused",
            "The proxy to the API server failed: dial tcp 127.0.0.1:1: connect: connection refused.",
            "Check proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY.",
        ),
        (
            "socks connect tcp 127.0.0.1:1->api:443: dial tcp 127.0.0.1:1: connect: connection refused",
            "The proxy to the API server failed: dial tcp 127.0.0.1:1: connect: connection refused.",
            "Check proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY.",
        ),
        (
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            "The API server's certificate is not trusted: certificate signed by unknown authority.",
            "The kubeconfig's certificate-authority must be the one that signed it.",
        ),
        (
            "http: server gave HTTP response to HTTPS client",
            "There is no TLS at the API server's address: it answers plain HTTP.",
            "Check the server in the kubeconfig: kubectl config view --minify",
        ),
        (
            "remote error: tls: bad certificate",
            "The TLS handshake with the API server failed: bad certificate.",
            "Check the server and the certificates in the kubeconfig: kubectl config view --minify",
        ),
        (
            "dial tcp: lookup nowhere.invalid on 10.0.0.10:53: no such host",
            "Cannot resolve the API server's name nowhere.invalid: no such host.",
            "Check that the cluster is reachable from here: kubectl version",
        ),
        (
            "dial tcp 127.0.0.1:1: connect: connection refused",
            "The API server does not answer: dial tcp 127.0.0.1:1: connect: connection refused.",
            "Check that the cluster is reachable: kubectl version",
        ),
        (
            'net/http: HTTP/1.x transport connection broken: malformed HTTP response "pharia_secret"',
            "Cannot read the answer from the API server's address.",
            "Check that the cluster is reachable: kubectl version",
        ),
    ],
)
def test_a_request_that_kubectl_cannot_send_is_told(text: str, sentence: str, next_step: str) -> None:
    error = request_failure(text, method="GET", path="/version")
    told = explain(error)

    assert (told.sentence, told.next_step) == (sentence, next_step)
    assert error.status is None
    assert "pharia_secret" not in str(error)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"error: tls: private key does not match public key\n", "private key does not match public key"),
        (b"W1130 06:22:25.087619    1636 proxy.go:172] Your kube context\nerror: no such file\n", "no such file"),
        (b"error: EOF\n", "the credentials in the kubeconfig are empty"),
        (b"", "says kubectl: nothing"),
    ],
)
def test_a_kubectl_that_does_not_begin_is_told(written: bytes, said: str) -> None:
    assert said in str(start_failure(written))


def test_a_long_text_is_cut() -> None:
    assert len(request_failure("a" * 10_000_000, method="GET", path="/").server_message) < 2100
