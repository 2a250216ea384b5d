"""Every setting of the verifier, with its bounds.

The order follows `verifier.settings` in `values.yaml` of the chart. docs/reference/settings.md is made from this file
by tools/settings_reference.py.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import AliasChoices, Field
from pydantic_settings import NoDecode

from pharia_access.settings.base import (
    ENVIRONMENT_PREFIX,
    LABEL,
    LogFormat,
    LogLevel,
    ProcessSettings,
    environment_name,
)
from pharia_access.settings.rules import NotMore, Rule
from pharia_access.settings.types import choice, duration, flag, moment, name_list, text, whole_number

__all__ = ["VerifierSettings"]

_PATH = ".{0,4096}"
_A_PATH = "a path, at most 4096 characters"
_HOST = r"[0-9A-Za-z.:-]{1,253}"
_SHARE_OF_CONTACT = 2 / 3
_AUDIENCE = "[-!-+.-~]{1,512}"  # printable ASCII without a comma or a space


class VerifierSettings(ProcessSettings):
    """What a person may set; every field has a default that is safe."""

    RULES: ClassVar[tuple[Rule, ...]] = (NotMore("watch_timeout", "view_bound", strict=True),)

    watch_namespaces: Annotated[tuple[str, ...], NoDecode, name_list(LABEL, "names of namespaces")] = ()
    """Whose tokens are known; empty means every namespace."""

    kubeconfig: Annotated[str, text(_PATH, _A_PATH)] = Field(
        default="", validation_alias=AliasChoices(f"{ENVIRONMENT_PREFIX}KUBECONFIG", "KUBECONFIG")
    )
    """The kubeconfig to sign in with; `KUBECONFIG` is read too. Empty: the pod's ServiceAccount."""

    host: Annotated[str, text(_HOST, "an address or a host's name")] = "0.0.0.0"  # noqa: S104 - gateways come from outside
    """The address that checks are answered on; `::` is IPv6 and IPv4."""

    port: Annotated[int, whole_number(0, 65535)] = 8000
    """Its port; 0 takes any free one."""

    fast_path: Annotated[bool, flag()] = True
    """Whether gateways' checks are answered as they come in: about three times the rate, the same answers."""

    keyring_folder: Annotated[str, text(_PATH, _A_PATH)] = "/etc/pharia-access/keyring"
    """Where the keyring is mounted; read anew when it changes. Without one, Argon2id proves each token once."""

    tls_cert_file: Annotated[str, text(_PATH, _A_PATH)] = ""
    """The certificate (PEM, with its chain) to serve checks with; read anew when it changes. Empty: plain HTTP."""

    tls_key_file: Annotated[str, text(_PATH, _A_PATH)] = ""
    """Its key."""

    busy_poll: Annotated[timedelta, duration("0s", "1ms")] = timedelta(microseconds=100)
    """How long to look for the next request after an answer, before sleeping; while requests come that close."""

    token_review: Annotated[bool, flag()] = False
    """Whether TokenReview is served, for a kube-apiserver's webhook token authentication."""

    token_review_port: Annotated[int, whole_number(0, 65535)] = 8443
    """The port for it; 0 takes any free one."""

    token_review_cert_file: Annotated[str, text(_PATH, _A_PATH)] = ""
    """The certificate for it. Read anew when it changes, as the two files below."""

    token_review_key_file: Annotated[str, text(_PATH, _A_PATH)] = ""
    """Its key."""

    token_review_client_ca_file: Annotated[str, text(_PATH, _A_PATH)] = ""
    """Who signs the certificate that the API server must show."""

    token_review_audiences: Annotated[tuple[str, ...], NoDecode, name_list(_AUDIENCE, "texts without spaces")] = (
        "https://kubernetes.default.svc.cluster.local",
        "https://kubernetes.default.svc",
    )
    """The audiences that tokens are good for: the API server's own (its flag `--api-audiences`)."""

    view_bound: Annotated[timedelta, duration("10s", "1h")] = timedelta(minutes=5)
    """How old the view of a namespace, or of the roles, may be; checks that rest on an older one are answered 503."""

    contact_bound: Annotated[timedelta, duration("10s", "1h")] = timedelta(seconds=30)
    """How long a part of the view may be silent before an unknown token is answered 503, since it may be a new one."""

    refuse_issued_before: Annotated[datetime, moment()] = datetime.fromtimestamp(0, UTC)
    """Tokens issued before this time are refused; for a cluster restored from a snapshot of etcd. Empty: none."""

    watch_timeout: Annotated[timedelta, duration("5s", "10m")] = timedelta(minutes=1)
    """How long one watch lasts, at most two thirds of CONTACT_BOUND: a quiet one is heard at its beginning and end."""

    argon2_threads: Annotated[int, whole_number(1, 2)] = 1
    """How many tokens are proved by Argon2id at a time; each takes the memory that its hash names."""

    argon2_queue: Annotated[int, whole_number(1, 1000)] = 40
    """How many may wait for that; more are answered 503."""

    max_connections: Annotated[int, whole_number(16, 65536)] = 4096
    """How many connections may be open: fewer where the limit of open files leaves less. Behind TLS a connection counts
    double, and the port of TokenReviews has 256 at most. Beyond, the oldest that never showed an accepted token makes
    room."""

    request_read_timeout: Annotated[timedelta, duration("1s", "1m")] = timedelta(seconds=5)
    """How long a client may take to send a request, its body included, and to take answers that wait for it."""

    idle_timeout: Annotated[timedelta, duration("5s", "10m")] = timedelta(seconds=75)
    """How long a connection may be idle; longer than the gateways keep theirs."""

    max_header_bytes: Annotated[int, whole_number(4096, 65536)] = 16384
    """How long a request's head may be."""

    max_body_bytes: Annotated[int, whole_number(1024, 1048576)] = 65536
    """How long a request's body may be."""

    last_used: Annotated[bool, flag()] = True
    """Whether `status.lastUsedTime` and `status.lastInspectedTime` are kept. The chart gives the right only then."""

    last_used_interval: Annotated[timedelta, duration("1m", "168h")] = timedelta(hours=1)
    """How often it is written for a token in use, at most."""

    last_used_writes_per_second: Annotated[int, whole_number(1, 100)] = 2
    """How many tokens it is written for in a second, at most."""

    audit_accepted: Annotated[bool, flag()] = False
    """Whether accepted requests are written to the audit log too."""

    audit_interval: Annotated[timedelta, duration("0s", "1h")] = timedelta(minutes=1)
    """There is at most one audit line for each token ID and reason in this time."""

    request_timeout: Annotated[timedelta, duration("100ms", "60s")] = timedelta(seconds=10)
    """How long one request to the API server may take; watches are bounded apart."""

    drain_timeout: Annotated[timedelta, duration("0s", "5m")] = timedelta(seconds=10)
    """How long open requests may take after SIGTERM; idle connections stay open for a fifth of it."""

    health_host: Annotated[str, text(_HOST, "an address or a host's name")] = "0.0.0.0"  # noqa: S104 - the kubelet and Prometheus come from outside
    """The address that /healthz, /readyz and /metrics are served on; `::` is IPv6 and IPv4."""

    health_port: Annotated[int, whole_number(0, 65535)] = 8080
    """Its port; 0 takes any free one."""

    log_level: Annotated[LogLevel, choice(LogLevel)] = LogLevel.INFO
    """The least serious record that is logged."""

    log_format: Annotated[LogFormat, choice(LogFormat)] = LogFormat.JSON
    """Whether records are written for machines or for people."""

    @property
    def watch_seconds(self) -> float:
        """How long a watch lasts, so that a quiet one is heard of in time."""
        return min(self.watch_timeout, self.contact_bound * _SHARE_OF_CONTACT).total_seconds()

    def contradictions(self) -> Iterator[str]:
        """What does not fit together."""
        if bool(self.tls_cert_file) != bool(self.tls_key_file):
            yield f"{environment_name('tls_cert_file')} and {environment_name('tls_key_file')} belong together"
        files = (self.token_review_cert_file, self.token_review_key_file, self.token_review_client_ca_file)
        if self.token_review and not all(files):
            names = ("token_review_cert_file", "token_review_key_file", "token_review_client_ca_file")
            yield f"{environment_name('token_review')} needs {', '.join(map(environment_name, names))}"
