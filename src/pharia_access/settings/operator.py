"""Every setting of the operator, with its bounds.

The order follows `values.yaml` of the chart. docs/reference/settings.md is made from this file by
tools/settings_reference.py. There is no setting that makes hashing cheaper than OWASP's minimum: tests build
their parts themselves.
"""

import secrets
import socket
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import AliasChoices, Field
from pydantic_settings import NoDecode

from pharia_access.domain.argon2id import Argon2Parameters
from pharia_access.domain.model import Policy
from pharia_access.domain.token import PREFIX_PATTERN
from pharia_access.settings.base import ENVIRONMENT_PREFIX, LABEL, LogFormat, LogLevel, ProcessSettings
from pharia_access.settings.rules import NotMore, ProofFloor, Rule, WholeSeconds
from pharia_access.settings.types import (
    choice,
    duration,
    duration_or_none,
    flag,
    moment,
    name_list,
    name_set,
    text,
    whole_number,
)

__all__ = ["OperatorSettings"]

_POLICY = Policy()
_PROOF = Argon2Parameters()
_LEASE_JITTER_TENTHS = 12  # client-go: retryPeriod times 1.2 must be less than renewDeadline

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
_QUALIFIED = rf"({LABEL}(\.{LABEL})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?"


class OperatorSettings(ProcessSettings):
    """What a person may set; every field has a default that is safe."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        NotMore("default_ttl", "max_ttl"),
        NotMore("probe_first", "probe_max"),
        WholeSeconds("lease_duration"),
        NotMore("lease_renew_deadline", "lease_duration", strict=True),
        NotMore("lease_retry_period", "lease_renew_deadline", tenths=_LEASE_JITTER_TENTHS, strict=True),
        ProofFloor("argon2_memory_kib", "argon2_time_cost"),
    )

    namespace: Annotated[str, text(LABEL, "the name of a namespace")] = "pharia-access-system"
    """The namespace of the operator, its Lease and the keyring. In the chart: the release's namespace."""

    service_account: Annotated[str, text(_SUBDOMAIN, "the name of a ServiceAccount", 253)] = "pharia-access-operator"
    """The operator's ServiceAccount, which the admission policies must name. In the chart: the release's."""

    watch_namespaces: Annotated[tuple[str, ...], NoDecode, name_list(LABEL, "names of namespaces")] = ()
    """The namespaces whose credentials and tokens the operator manages; empty means every namespace."""

    kubeconfig: Annotated[str, text(".{0,4096}", "a path, at most 4096 characters")] = Field(
        default="", validation_alias=AliasChoices(f"{ENVIRONMENT_PREFIX}KUBECONFIG", "KUBECONFIG")
    )
    """The kubeconfig to sign in with; `KUBECONFIG` is read too. Empty: the pod's ServiceAccount."""

    identity: Annotated[str, text(r"[-A-Za-z0-9_.]{1,253}", "1 to 253 letters, digits, -, _ and .")] = Field(
        default_factory=lambda: f"{socket.gethostname()}_{secrets.token_hex(4)}"
    )
    """This replica's name in the Lease. Default: the host's name and a suffix that is new at every start."""

    token_prefix: Annotated[str, text(PREFIX_PATTERN, "2 to 10 lower-case letters and digits, a letter first")] = (
        "pharia"  # noqa: S105 - public: it begins every token
    )
    """The prefix of new tokens. Earlier tokens keep their prefix and stay valid."""

    default_ttl: Annotated[timedelta, duration("1s", "8784h")] = _POLICY.default_ttl
    """The lifetime of a token if neither its credential nor its spec sets one. At most MAX_TTL."""

    max_ttl: Annotated[timedelta, duration("1s", "8784h")] = _POLICY.max_ttl
    """The longest lifetime that a token may request. A change applies to tokens that are minted after it."""

    default_window: Annotated[timedelta, duration("1s", "24h")] = timedelta(hours=1)
    """The lifetime of a one-time Secret if its token sets no window."""

    pending_bound: Annotated[timedelta, duration("1s", "168h")] = _POLICY.pending_bound
    """How long a token may wait to be minted before it fails for good."""

    warn_before: Annotated[timedelta, duration("1s", "8784h")] = _POLICY.warn_before
    """How long before its end a token is marked ExpiringSoon, if its lifetime is longer than twice this time."""

    gitops_annotations: Annotated[frozenset[str], NoDecode, name_set(_QUALIFIED, "keys of annotations")] = (
        _POLICY.gitops_annotations
    )
    """Annotations of a token that Git declares. If its credential is replaced, the token ends and is not deleted."""

    gitops_labels: Annotated[frozenset[str], NoDecode, name_set(_QUALIFIED, "keys of labels")] = _POLICY.gitops_labels
    """Labels of a token that Git declares. Add `app.kubernetes.io/instance` if Argo CD tracks objects by label."""

    restore_labels: Annotated[frozenset[str], NoDecode, name_set(_QUALIFIED, "keys of labels")] = _POLICY.restore_labels
    """Labels of a token that was restored from a backup. It is not minted until its labels are removed."""

    require_guards: Annotated[bool, flag()] = True
    """Whether the operator stops minting while the admission policies and the kinds' rules do not hold. False: the
    operator does not check them; then everybody who may write credentials or tokens can get a token with any role."""

    argon2_memory_kib: Annotated[int, whole_number(7168, 131072)] = _PROOF.memory_kib
    """Memory of one Argon2id hash in KiB. With ARGON2_TIME_COST it must reach one of OWASP's minimums:
    47104 with 1 pass, 19456 with 2, 12288 with 3, 9216 with 4, 7168 with 5. Earlier tokens keep their cost."""

    argon2_time_cost: Annotated[int, whole_number(1, 10)] = _PROOF.time_cost
    """Passes of one Argon2id hash over its memory."""

    argon2_parallelism: Annotated[int, whole_number(1, 4)] = _PROOF.parallelism
    """Lanes of one Argon2id hash, each a thread of its own."""

    hash_threads: Annotated[int, whole_number(1, 8)] = 2
    """How many hashes run at a time. Each takes ARGON2_MEMORY_KIB."""

    workers: Annotated[int, whole_number(1, 64)] = 16
    """How many objects are reconciled at a time."""

    resync_interval: Annotated[timedelta, duration("5s", "30m")] = timedelta(minutes=15)
    """The time between two full lists, with some jitter; twice as long if a list takes long."""

    probe_first: Annotated[timedelta, duration("1s", "5m")] = timedelta(seconds=10)
    """The time until the operator first checks whether a one-time Secret was collected."""

    probe_max: Annotated[timedelta, duration("1s", "1h")] = timedelta(minutes=5)
    """The longest time between two such checks of one Secret. At least PROBE_FIRST."""

    probe_budget_per_second: Annotated[int, whole_number(1, 100)] = 2
    """How many such checks the operator makes in a second, over all tokens."""

    deletes_per_second: Annotated[int, whole_number(1, 1000)] = 50
    """How many tokens of deleted credentials, and of DELETE_ENDED_AFTER, the operator deletes in a second. Removed
    owner references count too."""

    delete_ended_after: Annotated[timedelta, duration_or_none("24h", "87600h")] = timedelta(0)
    """How long after its end a token (expired, revoked or failed) is deleted; 0: never. Never one that would come back:
    declared in Git, of a Helm release, owned by another controller, or restored from a backup. Leave it at 0 where a
    pipeline applies ApiTokens: each deleted one would be created, and minted, anew."""

    settle: Annotated[timedelta, duration("0s", "1h")] = timedelta(minutes=5)
    """How long after its mint a WorkloadToken's next token is written into the Secret: as long as a verifier's view may
    be old (VIEW_BOUND). In the chart: one value for both."""

    refuse_issued_before: Annotated[datetime, moment()] = datetime.fromtimestamp(0, UTC)
    """The verifiers' setting: tokens of WorkloadTokens that were issued before this time are replaced at once."""

    request_timeout: Annotated[timedelta, duration("100ms", "60s")] = timedelta(seconds=5)
    """The timeout of a request to the API server. Watches have their own."""

    lease_name: Annotated[str, text(LABEL, "the name of a Lease")] = "pharia-access-operator"
    """The Lease that the leading replica holds."""

    lease_duration: Annotated[timedelta, duration("1s", "5m")] = timedelta(seconds=15)
    """How long the other replicas wait before one takes over, in whole seconds. More than LEASE_RENEW_DEADLINE."""

    lease_renew_deadline: Annotated[timedelta, duration("500ms", "5m")] = timedelta(seconds=10)
    """How long the leader tries to renew the Lease before its process ends. More than 1.2 times LEASE_RETRY_PERIOD."""

    lease_retry_period: Annotated[timedelta, duration("100ms", "1m")] = timedelta(seconds=2)
    """The time between two attempts to get or renew the Lease."""

    health_host: Annotated[str, text(r"[0-9A-Za-z.:-]{1,253}", "an address or a host's name")] = "0.0.0.0"  # noqa: S104 - the kubelet and Prometheus come from outside
    """The address of /healthz, /readyz and /metrics; `::` is IPv6 and IPv4."""

    health_port: Annotated[int, whole_number(0, 65535)] = 8080
    """The port of /healthz, /readyz and /metrics; 0 takes any free port."""

    log_level: Annotated[LogLevel, choice(LogLevel)] = LogLevel.INFO
    """The lowest level of a record that is logged."""

    log_format: Annotated[LogFormat, choice(LogFormat)] = LogFormat.JSON
    """The form of log records: for machines or for people."""

    def policy(self) -> Policy:
        """The rules for tokens."""
        return Policy(
            default_ttl=self.default_ttl,
            max_ttl=self.max_ttl,
            pending_bound=self.pending_bound,
            warn_before=self.warn_before,
            delete_ended_after=self.delete_ended_after or None,
            gitops_annotations=self.gitops_annotations,
            gitops_labels=self.gitops_labels,
            restore_labels=self.restore_labels,
        )

    def argon2_parameters(self) -> Argon2Parameters:
        """What one hash costs."""
        return Argon2Parameters(
            memory_kib=self.argon2_memory_kib,
            time_cost=self.argon2_time_cost,
            parallelism=self.argon2_parallelism,
        )
