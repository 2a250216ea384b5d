"""What to change in Git, so that Git does not undo what is done in the cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pharia_access.domain.model import ObjectKey

__all__ = ["GitChange"]


@dataclass(frozen=True, slots=True)
class GitChange:
    """An object of ours in Git.

    Attributes:
        spec: the fields that Git declares, as they are to be; None: the object is to go.
    """

    api_version: str
    kind: str
    key: ObjectKey
    spec: Mapping[str, Any] | None = None
