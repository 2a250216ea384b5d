"""The JSON of a Secret that a person keeps a token in, with the mark of the command that writes it."""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

from pharia_access.domain.administration.own_secret import OwnSecret, SecretMark
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.token import TokenText
from pharia_access.errors import InvalidObjectError

__all__ = ["new_secret", "overwriting_patch", "own_secret"]

Json = dict[str, Any]

_MANAGED_BY: Final = "app.kubernetes.io/managed-by"
_OURS: Final = "kubectl-access"
_CREDENTIAL: Final = "access.pharia.ai/credential"
_TOKEN: Final = "access.pharia.ai/token"  # noqa: S105 - the key of an annotation
_ENTRY: Final = "access.pharia.ai/secret-key"


def new_secret(key: ObjectKey, mark: SecretMark, text: TokenText | None) -> Json:
    """Return the Secret with the mark and the text."""
    place = {"name": key.name, "namespace": key.namespace}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {**place, **_marked(mark)},
        "type": "Opaque",
        "data": _data(mark, text),
    }


def overwriting_patch(secret: OwnSecret, mark: SecretMark, text: TokenText | None) -> Json:
    """Return the merge patch that puts the text into the Secret, if nobody has written it since it was read."""
    as_read = {"uid": secret.uid, "resourceVersion": secret.resource_version}
    return {"metadata": {**as_read, **_marked(mark)}, "data": _data(mark, text)}


def own_secret(key: ObjectKey, body: bytes) -> OwnSecret:
    """Read a Secret without its data; a mark that is not whole is none. Raises InvalidObjectError."""
    secret = _read(body)
    metadata = _part(secret, "metadata")
    return OwnSecret(
        key=key,
        uid=str(metadata.get("uid")),
        resource_version=str(metadata.get("resourceVersion")),
        type_=str(secret.get("type")),
        immutable=secret.get("immutable") is True,
        deleting="deletionTimestamp" in metadata,
        mark=_mark(_part(metadata, "labels"), _part(metadata, "annotations")),
    )


def _read(body: bytes) -> Json:
    try:
        secret: Json = json.loads(body)
    except ValueError:
        pass
    else:
        return secret
    # Outside of `except`: the parser's error keeps the whole input, and would come along as the context.
    msg = "a Secret cannot be understood"
    raise InvalidObjectError(msg)


def _marked(mark: SecretMark) -> Json:
    return {
        "labels": {_MANAGED_BY: _OURS, _CREDENTIAL: mark.credential},
        "annotations": {_TOKEN: mark.token, _ENTRY: mark.entry},
    }


def _data(mark: SecretMark, text: TokenText | None) -> dict[str, str]:
    value = b"" if text is None else text.reveal().encode("ascii")
    return {mark.entry: base64.b64encode(value).decode("ascii")}


def _mark(labels: Mapping[str, Any], annotations: Mapping[str, Any]) -> SecretMark | None:
    known = (labels.get(_CREDENTIAL), annotations.get(_TOKEN), annotations.get(_ENTRY))
    if labels.get(_MANAGED_BY) != _OURS or not all(isinstance(value, str) and value for value in known):
        return None
    credential, token, entry = map(str, known)
    return SecretMark(credential, token, entry)


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}
