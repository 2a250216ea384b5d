"""The fingerprint of a key in a token's status, and API servers whose ApiToken does not know that field yet.

Writes are strict, so that such a server refuses one with the field: between the upgrade of the operator and that of the
CRDs, or where a roll-back took the CRDs first. A mint must not wait for that.
"""

from typing import Any, Final

from pharia_access.domain.model import Mac
from pharia_access.errors import InvalidError

__all__ = ["is_unknown", "mac_fields", "without_fingerprint"]

Json = dict[str, Any]

_FIELD: Final = "keyFingerprint"


def mac_fields(mac: Mac) -> Json:
    """The fast check as `status.mac` has it."""
    fields = {"keyID": mac.key_id, "value": mac.value}
    return {**fields, _FIELD: mac.fingerprint} if mac.fingerprint else fields


def is_unknown(refusal: InvalidError) -> bool:
    """Whether the server refused a write only because it does not know the field."""
    return refusal.unknown_field == f"status.mac.{_FIELD}"


def without_fingerprint(patch: Json) -> Json:
    """A patch of a token's status, less the field."""
    status = patch["status"]
    mac = status["mac"] and {name: value for name, value in status["mac"].items() if name != _FIELD}
    return {**patch, "status": {**status, "mac": mac}}
