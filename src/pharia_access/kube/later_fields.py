"""Fields of a status that an earlier CRD does not know.

Writes are strict, so an API server with an older CRD refuses a status with such a field: between the upgrades of the
operator and the CRDs, or after a rollback of the CRDs. The operator must work in that time, too.
"""

from typing import Any, Final

from pharia_access.domain.model import Mac

__all__ = ["LATER_FIELDS", "mac_fields", "without"]

Json = dict[str, Any]

_FINGERPRINT: Final = "status.mac.keyFingerprint"
_ENDS_AT: Final = "status.endsAt"
_ROLES_SUMMARY: Final = "status.rolesSummary"

LATER_FIELDS: Final = frozenset({_FINGERPRINT, _ENDS_AT, _ROLES_SUMMARY})
"""A status without these fields says less, but nothing wrong."""


def mac_fields(mac: Mac) -> Json:
    """The fast check as `status.mac` has it."""
    fields = {"keyID": mac.key_id, "value": mac.value}
    return {**fields, "keyFingerprint": mac.fingerprint} if mac.fingerprint else fields


def without(patch: Json, fields: frozenset[str]) -> Json:
    """Return a patch of a status without some of these fields."""
    for field in fields:
        patch = _less(patch, field.split("."))
    return patch


def _less(part: Json, path: list[str]) -> Json:
    first, *others = path
    if not others:
        return {name: value for name, value in part.items() if name != first}
    below = part.get(first)
    return {**part, first: _less(below, others)} if isinstance(below, dict) else part
