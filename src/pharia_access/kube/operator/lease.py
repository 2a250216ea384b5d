"""Implements the `Leases` port: the operator's Lease. The elector decides who leads."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError
from pydantic.alias_generators import to_camel

from pharia_access.domain.api_values import LeaseRecord
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import parse_time
from pharia_access.errors import InvalidObjectError, NotFoundError
from pharia_access.kube import manifests, paths
from pharia_access.kube.connection import Connection
from pharia_access.kube.http import Request

__all__ = ["KubeLeases"]

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

Time = Annotated[datetime, PlainValidator(parse_time)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, alias_generator=to_camel)


class _Metadata(_Wire):
    resource_version: str


class _Spec(_Wire):
    """A Lease's spec. All fields are optional in the API; a Lease without a holder is free."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: Time | None = None
    renew_time: Time | None = None
    lease_transitions: int | None = None


class _Lease(_Wire):
    metadata: _Metadata
    spec: _Spec = _Spec()


class KubeLeases:
    """Implements `services.operator.leadership.Leases` for one Lease.

    Args:
        timeout_seconds: of a single request; shorter than the elector's renew deadline.
    """

    def __init__(self, connection: Connection, *, namespace: str, name: str, timeout_seconds: float = 5.0) -> None:
        self._connection = connection
        self._key = ObjectKey(namespace, name)
        self._timeout = timeout_seconds

    async def read_lease(self) -> LeaseRecord | None:
        """Return the current Lease, or None. Raises InvalidObjectError."""
        path = paths.of_lease(self._key.namespace, self._key.name)
        try:
            return _record(await self._connection.send(Request("GET", path, self._timeout)))
        except NotFoundError:
            return None

    async def write_lease(self, record: LeaseRecord) -> LeaseRecord:
        """Create the Lease (no resource_version), or replace it if it is unchanged since it was read.

        Raises ConflictError, AlreadyExistsError.
        """
        is_new = not record.resource_version
        path = paths.of_lease(self._key.namespace, None if is_new else self._key.name)
        body = manifests.lease(record, self._key)
        return _record(await self._connection.send(Request("POST" if is_new else "PUT", path, self._timeout, body)))


def _record(body: bytes) -> LeaseRecord:
    try:
        lease = _Lease.model_validate_json(body)
    except ValidationError as error:
        message = "the Lease cannot be understood"
        raise InvalidObjectError(message) from error
    spec = lease.spec
    return LeaseRecord(
        holder=spec.holder_identity or "",
        duration_seconds=spec.lease_duration_seconds or 0,
        acquired=spec.acquire_time or _NEVER,
        renewed=spec.renew_time or _NEVER,
        transitions=spec.lease_transitions or 0,
        resource_version=lease.metadata.resource_version,
    )
