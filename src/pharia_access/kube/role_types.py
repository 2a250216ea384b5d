"""An ApiRole as JSON; as in `kube.api_types`."""

from pharia_access.kube.api_types import MetadataWire, NonEmpty, Wire

__all__ = ["ApiRole"]


class PermissionWire(Wire):
    """One permission of a role."""

    permission: NonEmpty
    fields: dict[str, str] | None = None


class RoleSpecWire(Wire):
    """The spec of an ApiRole."""

    allowed_namespaces: list[str]
    permissions: list[PermissionWire] | None = None


class ApiRole(Wire):
    """An ApiRole."""

    metadata: MetadataWire
    spec: RoleSpecWire
