"""By what the operator may mint for WorkloadTokens: a binding that people of a namespace write for it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pharia_access.domain.model import ObjectKey

__all__ = ["CLUSTER_ROLE", "USUAL_OPERATOR", "Delegation", "Outcome", "named_operator"]

CLUSTER_ROLE: Final = "pharia-access-rotation"
"""The chart's ClusterRole: create ApiTokens, under any credential of a namespace that is bound to it."""


USUAL_OPERATOR: Final = ObjectKey("pharia-access-system", "pharia-access-operator")
"""The ServiceAccount of a release that is called as our documents call it."""

_ACCOUNT: Final = re.compile(r"\bsystem:serviceaccount:(?P<namespace>[-a-z0-9]{1,63}):(?P<name>[-.a-z0-9]{1,253})")


class Outcome(StrEnum):
    """What became of an object that was to be written."""

    CREATED = "created"
    """It was not there before."""
    THERE = "there"
    """It is there already, and says the same."""
    OTHER = "other"
    """Another one has its name, and says something else."""


@dataclass(frozen=True, slots=True)
class Delegation:
    """Let the operator mint in a namespace.

    Attributes:
        operator: its ServiceAccount.
        credential: the only one under which it may; empty for all of the namespace, those to come too.
    """

    namespace: str
    operator: ObjectKey
    credential: str = ""

    @property
    def name(self) -> str:
        """Of its objects."""
        return f"{CLUSTER_ROLE}-{self.credential}" if self.credential else CLUSTER_ROLE


def named_operator(message: str) -> ObjectKey | None:
    """The ServiceAccount that a message of the operator's names, as one that may not mint: its own."""
    found = _ACCOUNT.search(message)
    return None if found is None else ObjectKey(found["namespace"], found["name"])
