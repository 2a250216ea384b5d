"""What the JSON of several manifests has in common: conditions, owners, what makes a patch a compare-and-set."""

from typing import Any, Final

from pharia_access.domain.conditions import Condition
from pharia_access.domain.model import OwnerReference
from pharia_access.domain.times import format_time
from pharia_access.kube.paths import GROUP, VERSION

__all__ = ["API_VERSION", "LABELS", "as_read", "condition_fields", "owner_fields"]

Json = dict[str, Any]

API_VERSION: Final = f"{GROUP}/{VERSION}"
LABELS: Final = {"app.kubernetes.io/managed-by": "pharia-access"}
"""Of each Secret that the operator makes."""


def as_read(uid: str, resource_version: str) -> Json:
    """Return the metadata of a patch that applies only to the object as it was read."""
    return {"uid": uid, "resourceVersion": resource_version}


def condition_fields(condition: Condition) -> Json:
    """Write a condition."""
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        "observedGeneration": condition.observed_generation,
        "lastTransitionTime": format_time(condition.last_transition_time),
    }


def owner_fields(owner: OwnerReference) -> Json:
    """Write an owner as it was read: admission refuses a null that became false in another's reference."""
    options = {"controller": owner.controller, "blockOwnerDeletion": owner.block_owner_deletion}
    return {
        "apiVersion": owner.api_version,
        "kind": owner.kind,
        "name": owner.name,
        "uid": owner.uid,
        **{name: value for name, value in options.items() if value is not None},
    }
