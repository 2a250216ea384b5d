"""Turns the JSON of a WorkloadToken into the domain's values: a whole object is valid, or it is rejected.

Fails closed as `kube.schema` does: an invalid status never counts as an empty one, or a number would be given twice.
"""

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.workload import (
    Current,
    KeptSecret,
    Losses,
    Pending,
    Replaced,
    WorkloadSpec,
    WorkloadStatus,
    WorkloadToken,
)
from pharia_access.errors import InvalidObjectError
from pharia_access.kube.schema import Body, read_body, read_conditions
from pharia_access.kube.workload_types import KeptSecretWire, WorkloadSpecWire, WorkloadStatusWire, WorkloadTokenWire

__all__ = ["to_workload"]


def to_workload(body: Body) -> WorkloadToken:
    """Read a WorkloadToken.

    Raises:
        InvalidObjectError: the text names the first field that is wrong.
    """
    read = read_body(WorkloadTokenWire, body)
    metadata = read.metadata
    return WorkloadToken(
        key=ObjectKey(metadata.namespace, metadata.name),
        uid=metadata.uid,
        resource_version=metadata.resource_version,
        generation=metadata.generation,
        created=metadata.creation_timestamp,
        spec=_spec(read.spec, metadata.name),
        status=WorkloadStatus() if read.status is None else _status(read.status),
        deleting=metadata.deletion_timestamp is not None,
        labels=metadata.labels or {},
    )


def _spec(spec: WorkloadSpecWire, name: str) -> WorkloadSpec:
    return WorkloadSpec(
        credential_name=spec.credential_ref.name,
        secret=_secret(spec.secret or KeptSecretWire(), name),
        ttl=spec.ttl,
        renew_before=spec.renew_before,
        rotate=spec.rotate,
        suspended=bool(spec.suspended),
    )


def _secret(secret: KeptSecretWire, name: str) -> KeptSecret:
    return KeptSecret(
        name=secret.name or name,
        key=secret.key or "token",
        labels=secret.labels or {},
        annotations=secret.annotations or {},
    )


def _status(status: WorkloadStatusWire) -> WorkloadStatus:
    _require_given_numbers(status)
    current, pending = status.current, status.pending
    return WorkloadStatus(
        observed_generation=status.observed_generation,
        revision=status.revision,
        rotate=status.rotate,
        current=None if current is None else Current(**dict(current)),
        pending=None if pending is None else Pending(**dict(pending)),
        replaced=tuple(Replaced(**dict(each)) for each in status.replaced or ()),
        renews_at=status.renews_at,
        lost=Losses() if status.lost is None else Losses(**dict(status.lost)),
        bound=None if status.binding is None else status.binding.name,
        conditions=read_conditions(status.conditions),
    )


def _require_given_numbers(status: WorkloadStatusWire) -> None:
    """Reject a number that was never given: somebody else wrote the status, and the next one would be given twice."""
    known = [each.revision for each in (status.current, status.pending, *(status.replaced or ())) if each is not None]
    if max(known, default=0) > status.revision:
        message = f"status.revision: is {status.revision}, although a token of revision {max(known)} is recorded"
        raise InvalidObjectError(message)
