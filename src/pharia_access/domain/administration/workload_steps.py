"""What somebody can do next about a WorkloadToken, as data. Each face words a step."""

from dataclasses import dataclass

from pharia_access.domain.model import ObjectKey

__all__ = ["AllowRenewal", "ResumeWorkload", "RotateWorkload", "ShowWorkload"]


@dataclass(frozen=True, slots=True)
class AllowRenewal:
    """Let the operator mint for this WorkloadToken."""

    workload: ObjectKey


@dataclass(frozen=True, slots=True)
class ResumeWorkload:
    """Resume this WorkloadToken."""

    workload: ObjectKey


@dataclass(frozen=True, slots=True)
class RotateWorkload:
    """Have a new token made for this WorkloadToken now."""

    workload: ObjectKey


@dataclass(frozen=True, slots=True)
class ShowWorkload:
    """Look at this WorkloadToken."""

    workload: ObjectKey
