"""Every setting of the verifier, with its bounds.

The order follows `verifier.settings` in `values.yaml` of the chart. docs/reference/settings.md is made from this file
by tools/settings_reference.py.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import AliasChoices, Field
from pydantic_settings import NoDecode

from pharia_access.domain.holders import BoundObjects
from pharia_access.domain.verification.token_headers import TokenHeader
from pharia_access.settings.base import (
    ENVIRONMENT_PREFIX,
    LABEL,
    LogFormat,
    LogLevel,
    ProcessSettings,
    environment_name,
)
from pharia_access.settings.rules import NoneOf, NotMore, Rule
from pharia_access.settings.types import choice, choices, duration, flag, moment, name_list, text, whole_number

__all__ = ["VerifierSettings"]

_PATH = ".{0,4096}"
_A_PATH = "a path, at most 4096 characters"
_HOST = r"[0-9A-Za-z.:-]{1,253}"
_SHARE_OF_CONTACT = 2 / 3
_HEADER_NAME = "[A-Za-z][A-Za-z0-9-]{0,63}"
_HEADER = f"({_HEADER_NAME})?"
_ISSUER = r"(https?://[0-9A-Za-z.:\[\]-]{1,260}(/[0-9A-Za-z._~/-]{0,200})?)?"
_SECRET = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", *TokenHeader} - {TokenHeader.BASIC}
)
_OF_THE_MESSAGE = frozenset(
    {"connection", "content-length", "expect", "host", "proxy-connection", "transfer-encoding", "upgrade"}
)
_AUDIENCE = "[-!-+.-~]{1,512}"  # printable ASCII without a comma or a space


class VerifierSettings(ProcessSettings):
    """What a person may set; every field has a default that is safe."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        NotMore("watch_timeout", "view_bound", strict=True),
        NoneOf("audit_client_header", _SECRET, "a header that holds secrets"),
        NoneOf(
            "requirement_headers",
            _SECRET | _OF_THE_MESSAGE,
            "a header that holds secrets, or one of the message itself, such as Host",
        ),
    )

    watch_namespaces: Annotated[tuple[str, ...], NoDecode, name_list(LABEL, "names of namespaces")] = ()
    """The namespaces whose tokens the verifier accepts; empty means every namespace."""

    kubeconfig: Annotated[str, text(_PATH, _A_PATH)] = Field(
        default="", validation_alias=AliasChoices(f"{ENVIRONMENT_PREFIX}KUBECONFIG", "KUBECONFIG")
    )
    """The kubeconfig to sign in with; `KUBECONFIG` is read too. Empty: the pod's ServiceAccount."""

    host: Annotated[str, text(_HOST, "an address or a host's name")] = "0.0.0.0"  # noqa: S104 - gateways come from outside
    """The address of checks; `::` is IPv6 and IPv4."""

    port: Annotated[int, whole_number(0, 65535)] = 8000
    """The port of checks; 0 takes any free port."""

    fast_path: Annotated[bool, flag()] = True
    """Whether the fast path answers gateways' checks: about three times the rate, the same answers."""

    keyring_folder: Annotated[str, text(_PATH, _A_PATH)] = "/etc/pharia-access/keyring"
    """The folder of the mounted keyring, reloaded on changes. Without a keyring, Argon2id verifies each token once."""

    tls_cert_file: Annotated[str, text(_PATH, _A_PATH)] = ""
    """The certificate for checks (PEM, with its chain), reloaded on changes. Empty: plain HTTP."""

    tls_key_file: Annotated[str, text(_PATH, _A_PATH)] = ""
    """The key of TLS_CERT_FILE."""

    busy_poll: Annotated[timedelta, duration("0s", "1ms")] = timedelta(microseconds=100)
    """How long to poll for the next request after an answer before sleeping, while requests come that fast."""

    token_headers: Annotated[tuple[TokenHeader, ...], NoDecode, choices(TokenHeader)] = ()
    """Where a token may come beside `Authorization: Bearer`, in gateways' checks. `basic`: as the password of Basic."""

    requirement_headers: Annotated[tuple[str, ...], NoDecode, name_list(_HEADER_NAME, "names of headers")] = ()
    """The headers that a requirement may name (`model=@x-ai-eg-model`). Gateways must set them themselves."""

    token_review: Annotated[bool, flag()] = False
    """Whether to serve TokenReview, for the webhook token authentication of a kube-apiserver."""

    token_review_port: Annotated[int, whole_number(0, 65535)] = 8443
    """The port of TokenReview; 0 takes any free port."""

    token_review_cert_file: Annotated[str, text(_PATH, _A_PATH)] = ""
    """The certificate for TokenReview. Reloaded on changes, as are the two files below."""

    token_review_key_file: Annotated[str, text(_PATH, _A_PATH)] = ""
    """The key of TOKEN_REVIEW_CERT_FILE."""

    token_review_client_ca_file: Annotated[str, text(_PATH, _A_PATH)] = ""
    """The CA of the client certificate that the API server must present."""

    token_review_audiences: Annotated[tuple[str, ...], NoDecode, name_list(_AUDIENCE, "texts without spaces")] = (
        "https://kubernetes.default.svc.cluster.local",
        "https://kubernetes.default.svc",
    )
    """The audiences for which tokens are valid: those of the API server (its flag `--api-audiences`)."""

    introspection_issuer: Annotated[str, text(_ISSUER, "a URL without query, fragment and blanks, or nothing")] = ""
    """The URL at which clients reach the verifier: `iss` of introspection, and its metadata. Empty: neither."""

    introspection_longest_expiry: Annotated[timedelta, duration("0s", "24h")] = timedelta(0)
    """How far ahead `exp` of an introspection may be, as clients keep answers until then. 0s: the token's own end."""

    service_accounts: Annotated[bool, flag()] = False
    """Whether to take tokens of ServiceAccounts that hold a credential. Needs the right to read the cluster's keys."""

    service_accounts_longest_life: Annotated[timedelta, duration("10m", "24h")] = timedelta(hours=2)
    """The longest life of a ServiceAccount's token; one that lives longer is refused."""

    service_accounts_bound_objects: Annotated[BoundObjects, choice(BoundObjects)] = BoundObjects.IGNORED
    """Whether the pod that such a token is bound to must still be there: `live` asks the API server about each token,
    once a minute while it is used, and needs the right to create TokenReviews."""

    view_bound: Annotated[timedelta, duration("10s", "1h")] = timedelta(minutes=5)
    """The greatest age of the view of a namespace or of the roles. Checks that need an older view are answered 503."""

    contact_bound: Annotated[timedelta, duration("10s", "1h")] = timedelta(seconds=30)
    """How long a part of the view may get no news before an unknown token, which may be new, is answered 503."""

    refuse_issued_before: Annotated[datetime, moment()] = datetime.fromtimestamp(0, UTC)
    """Refuse tokens that were issued before this time: for a cluster restored from a snapshot of etcd. Empty: none."""

    watch_timeout: Annotated[timedelta, duration("5s", "10m")] = timedelta(minutes=1)
    """The length of a watch, at most two thirds of CONTACT_BOUND: a quiet watch gives news as it begins and ends."""

    argon2_threads: Annotated[int, whole_number(1, 2)] = 1
    """How many tokens Argon2id verifies at a time. Each takes the memory that its hash names."""

    argon2_queue: Annotated[int, whole_number(1, 1000)] = 40
    """How many checks may wait for Argon2id. More are answered 503."""

    max_connections: Annotated[int, whole_number(16, 65536)] = 4096
    """How many connections may be open; fewer if the limit of open files is lower. A connection with TLS counts double,
    and the port of TokenReview has 256 at most. At the limit, the oldest connection without an accepted token is
    closed."""

    request_read_timeout: Annotated[timedelta, duration("1s", "1m")] = timedelta(seconds=5)
    """How long a client may take to send a request with its body, and to receive the answers that wait for it."""

    idle_timeout: Annotated[timedelta, duration("5s", "10m")] = timedelta(seconds=75)
    """How long a connection may be idle. Longer than the idle timeout of the gateways."""

    max_header_bytes: Annotated[int, whole_number(4096, 65536)] = 16384
    """The largest head of a request."""

    max_body_bytes: Annotated[int, whole_number(1024, 1048576)] = 65536
    """The largest body of a request."""

    last_used: Annotated[bool, flag()] = True
    """Whether to write `status.lastUsedTime` and `status.lastInspectedTime` of tokens, and `status.lastUsedTimes` of
    credentials. The chart grants the rights only then."""

    last_used_interval: Annotated[timedelta, duration("1m", "168h")] = timedelta(hours=1)
    """The shortest time between two such writes for one token, or for one holder of a credential."""

    last_used_writes_per_second: Annotated[int, whole_number(1, 100)] = 2
    """How many such writes the verifier makes in a second, at most."""

    audit_accepted: Annotated[bool, flag()] = False
    """Whether to write accepted requests to the audit log too."""

    audit_interval: Annotated[timedelta, duration("0s", "1h")] = timedelta(minutes=1)
    """The shortest time between two audit lines of one token ID and reason."""

    audit_client_header: Annotated[str, text(_HEADER, "a header's name: letters, digits and -, or nothing")] = ""
    """The header in which gateways name the client, for the audit log; gateways must set it themselves. Empty: none."""

    request_timeout: Annotated[timedelta, duration("100ms", "60s")] = timedelta(seconds=10)
    """The timeout of a request to the API server. Watches have their own."""

    drain_timeout: Annotated[timedelta, duration("0s", "5m")] = timedelta(seconds=10)
    """How long open requests may take after SIGTERM. Idle connections stay open for a fifth of this time."""

    health_host: Annotated[str, text(_HOST, "an address or a host's name")] = "0.0.0.0"  # noqa: S104 - the kubelet and Prometheus come from outside
    """The address of /healthz, /readyz and /metrics; `::` is IPv6 and IPv4."""

    health_port: Annotated[int, whole_number(0, 65535)] = 8080
    """The port of /healthz, /readyz and /metrics; 0 takes any free port."""

    log_level: Annotated[LogLevel, choice(LogLevel)] = LogLevel.INFO
    """The lowest level of a record that is logged."""

    log_format: Annotated[LogFormat, choice(LogFormat)] = LogFormat.JSON
    """The form of log records: for machines or for people."""

    @property
    def watch_seconds(self) -> float:
        """Return the length of a watch: short enough that a quiet watch gives news in time."""
        return min(self.watch_timeout, self.contact_bound * _SHARE_OF_CONTACT).total_seconds()

    def contradictions(self) -> Iterator[str]:
        """Yield the contradictions between settings."""
        if bool(self.tls_cert_file) != bool(self.tls_key_file):
            yield f"{environment_name('tls_cert_file')} and {environment_name('tls_key_file')} belong together"
        files = (self.token_review_cert_file, self.token_review_key_file, self.token_review_client_ca_file)
        if self.token_review and not all(files):
            names = ("token_review_cert_file", "token_review_key_file", "token_review_client_ca_file")
            yield f"{environment_name('token_review')} needs {', '.join(map(environment_name, names))}"
