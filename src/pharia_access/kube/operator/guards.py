"""Implements the `Guards` port: reads the guards, and tries requests that they must refuse. Decides nothing.

What is tried are dry runs with the operator's own rights, so nothing is changed, and each is written to the audit log.
A refusal counts only in our own policies' words: RBAC, a quota or somebody else's policy says nothing about ours.
"""

import asyncio
from secrets import token_hex
from typing import Any, Final

import msgspec

from pharia_access.domain.guards import Guard, Look, Sighting
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import AlreadyExistsError, ApiError, NotFoundError, UnavailableError
from pharia_access.kube import paths
from pharia_access.kube.connection import MERGE_PATCH, Connection
from pharia_access.kube.errors import PolicyDeniedError
from pharia_access.kube.http import Request
from pharia_access.kube.operator.guard_forms import Accounts, carried, kind_seen, policies_seen

__all__ = ["KubeGuards"]

_DRY_RUN: Final = {"dryRun": "All"}
_SECRET: Final = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"generateName": "pharia-access-guard-probe-"},
    "type": "Opaque",
}
_PROBE_LABEL: Final = "access.pharia.ai/guard-probe"


class _List(msgspec.Struct):
    items: list[dict[str, Any]]


class KubeGuards:
    """Implements `services.operator.ports.Guards`.

    Args:
        namespace: that of the operator, where a Secret is tried.
        account: the operator's ServiceAccount there, which the policies must name.
        timeout_seconds: of a single request.
    """

    def __init__(self, connection: Connection, *, namespace: str, account: str, timeout_seconds: float = 5.0) -> None:
        self._connection = connection
        self._namespace = namespace
        self._accounts = Accounts(namespace=namespace, operator=account)
        self._timeout = timeout_seconds

    def carried(self) -> tuple[Guard, ...]:
        """Return the guards of this release."""
        return carried()

    async def look(self, sample: ObjectKey | None) -> Look:
        """Read every guard, and try two of them. `sample`: a token to try with. Raises the leaves of ApiError."""
        policies, bindings, *kinds = await asyncio.gather(
            self._all("validatingadmissionpolicies"),
            self._all("validatingadmissionpolicybindings"),
            *(self._kind(plural) for plural in paths.PLURALS.values()),
        )
        tried = {"restrain-operator-secrets": await self._try_secret()}
        if sample is not None:
            tried["restrain-operator-resources"] = await self._try_label(sample)
        return Look(
            sightings=(*policies_seen(policies, bindings, self._accounts), *(it for found in kinds for it in found)),
            admitted=frozenset(guard for guard, admitted in tried.items() if admitted),
            refused=frozenset(guard for guard, admitted in tried.items() if admitted is False),
        )

    async def _all(self, plural: str) -> list[dict[str, Any]]:
        path = paths.of_admission(plural)
        body = await self._connection.send(Request("GET", path, self._timeout))
        try:
            return msgspec.json.decode(body, type=_List).items
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            message = f"GET {path}: the answer is not a list"
            raise UnavailableError(message) from error

    async def _kind(self, plural: str) -> list[Sighting]:
        """Return the CRD of that name, if there is one."""
        path = paths.of_definition(plural)
        try:
            body = await self._connection.send(Request("GET", path, self._timeout))
            return [kind_seen(msgspec.json.decode(body, type=dict[str, Any]))]
        except NotFoundError:
            return []
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            message = f"GET {path}: the answer is no object"
            raise UnavailableError(message) from error

    async def _try_secret(self) -> bool | None:
        """Return whether a Secret of another type could be created; None if that is unknown."""
        path = paths.of_secret(self._namespace)
        return await self._admits(Request("POST", path, self._timeout, _SECRET, query=_DRY_RUN))

    async def _try_label(self, token: ObjectKey) -> bool | None:
        """Return whether a label could be added to a token. The label is new each time, since no-op changes pass."""
        path = paths.of_object(paths.PLURALS["ApiToken"], token)
        label = {"metadata": {"labels": {_PROBE_LABEL: f"refused-{token_hex(8)}"}}}
        return await self._admits(Request("PATCH", path, self._timeout, label, MERGE_PATCH, query=_DRY_RUN))

    async def _admits(self, call: Request) -> bool | None:
        try:
            await self._connection.send(call)
        except PolicyDeniedError:
            return False
        except AlreadyExistsError:  # names are compared after admission
            return True
        except ApiError:
            return None
        return True
