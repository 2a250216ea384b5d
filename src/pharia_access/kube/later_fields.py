"""Fields of a token's status that an ApiToken of before does not know.

Writes are strict, so that an API server whose CRD is older refuses one with such a field: between the upgrade of the
operator and that of the CRDs, or where a roll-back took the CRDs first. Nothing of ours must wait for that.
"""

from typing import Any, Final

from pharia_access.domain.model import Mac

__all__ = ["LATER_FIELDS", "mac_fields", "without"]

Json = dict[str, Any]

_FINGERPRINT: Final = "status.mac.keyFingerprint"
_ENDS_AT: Final = "status.endsAt"

LATER_FIELDS: Final = frozenset({_FINGERPRINT, _ENDS_AT})
"""Without each of them a status says less, and nothing that is wrong."""


def mac_fields(mac: Mac) -> Json:
    """The fast check as `status.mac` has it."""
    fields = {"keyID": mac.key_id, "value": mac.value}
    return {**fields, "keyFingerprint": mac.fingerprint} if mac.fingerprint else fields


def without(patch: Json, fields: frozenset[str]) -> Json:
    """A patch of a token's status, less some of these fields."""
    for field in fields:
        patch = _less(patch, field.split("."))
    return patch


def _less(part: Json, path: list[str]) -> Json:
    first, *others = path
    if not others:
        return {name: value for name, value in part.items() if name != first}
    below = part.get(first)
    return {**part, first: _less(below, others)} if isinstance(below, dict) else part
