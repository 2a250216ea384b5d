"""A namespace with credentials and tokens in it, as a person works with them; every wait has a deadline.

Reads as cluster administrator. What an operator made of the objects is what the tests look at.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pharia_access.domain.token import TokenText, parse
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import api_credential, api_role, api_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.control_plane.api import Api
    from tools.control_plane.replies import Reply

__all__ = ["ROLE", "Json", "Workspace", "condition", "instant", "now", "others", "outcome"]

Json = dict[str, Any]

ROLE = "integration-reader"
"""The role that every credential holds unless the test says otherwise."""

CREDENTIAL = "invoice-bot"
LONG_WINDOW = {"window": "30m"}
_SECONDS = 60.0  # no figure of the product: a busy machine may take so long


def condition(obj: Json, kind: str) -> Json:
    """The condition of that type; empty if there is none."""
    found: Json = next((item for item in _status(obj).get("conditions", []) if item["type"] == kind), {})
    return found


def outcome(obj: Json) -> tuple[str | None, str | None]:
    """A token in short: its phase, and the reason of Ready."""
    return _status(obj).get("phase"), condition(obj, "Ready").get("reason")


def instant(text: str) -> datetime:
    """A time of Kubernetes."""
    return datetime.fromisoformat(text)


def now() -> datetime:
    """The clock that the tests and the control plane share."""
    return datetime.now(UTC)  # noqa: TID251 - no code of the product


def _status(obj: Json) -> Json:
    status: Json = obj.get("status", {})
    return status


@dataclass(frozen=True, slots=True)
class Workspace:
    """One namespace."""

    api: Api
    namespace: str

    def role(self, name: str = ROLE, **spec: object) -> Json:
        """Create a role, unless there is one of that name."""
        return self._must(self.api.create(api_role(name, **spec)), HTTPStatus.CONFLICT)

    def credential(self, name: str = CREDENTIAL, **spec: object) -> Json:
        """Create a credential that holds ROLE, unless `roles` says otherwise."""
        return self._must(self.api.create(api_credential(self.namespace, name, **{"roles": [ROLE], **spec})))

    def token(
        self, name: str = "ci", *, labels: Json | None = None, annotations: Json | None = None, **spec: object
    ) -> Json:
        """Create a token under invoice-bot with a long delivery window, unless `spec` says otherwise."""
        body = api_token(self.namespace, name, **{"delivery": LONG_WINDOW, **spec})
        body["metadata"] |= {"labels": labels or {}, "annotations": annotations or {}}
        return self._must(self.api.create(body))

    def issued(self, name: str = "ci", **spec: Any) -> Json:  # noqa: ANN401 - handed to `token`
        """Create a token and wait until it is Ready."""
        self.token(name, **spec)
        return self.until_outcome(name, "Active", "Issued")

    def issued_text(self, name: str = "ci") -> str:
        """The text of a token for an hour, under the credential of that name by default."""
        self.credential()
        self.issued(name, ttl="1h")
        return self.text(f"{name}-token").reveal()

    def change(self, obj: Json, patch: object) -> Json:
        """Merge into an object."""
        return self._must(self.api.patch(obj, patch))

    def revoke(self, name: str) -> None:
        """Revoke a token that is there."""
        self.change(self.known("ApiToken", name), {"spec": {"revoked": True}})

    def end_in(self, token: Json, seconds: float) -> datetime:
        """Bring a token's end forward to this long from now, or up to a second more; when that is."""
        end = (now() + timedelta(seconds=seconds + 1)).replace(microsecond=0)
        self.change(token, {"spec": {"expiresAt": end.strftime("%FT%TZ")}})
        return end

    def delete(self, obj: Json, *, policy: str = "Background") -> None:
        """Delete an object; `policy` says what becomes of its dependents."""
        self._must(self.api.delete(obj, options={"propagationPolicy": policy}))

    def read(self, kind: str, name: str) -> Json | None:
        """The object as it is now, None if there is none."""
        reply = self.api.read({"kind": kind, "metadata": {"namespace": self.namespace, "name": name}})
        return None if reply.status == HTTPStatus.NOT_FOUND else self._must(reply)

    def known(self, kind: str, name: str) -> Json:
        """The object as it is now. Raises AssertionError if there is none."""
        found = self.read(kind, name)
        assert found is not None, f"no {kind} {name}"
        return found

    def list(self, kind: str, **query: str) -> list[Json]:
        """All objects of a kind here."""
        items: list[Json] = self._must(self.api.find(kind, self.namespace, **query))["items"]
        return items

    def text(self, name: str = "ci-token") -> TokenText:
        """The token in a one-time Secret. Raises AssertionError if there is no such Secret."""
        return parse(base64.b64decode(self.known("Secret", name)["data"]["token"]))

    def events(self, name: str = "ci") -> dict[str, Json]:
        """The Events about an object, by reason."""
        path = f"/api/v1/namespaces/{self.namespace}/events"
        reply = self.api.request("GET", path, query={"fieldSelector": f"involvedObject.name={name}"})
        return {event["reason"]: event for event in self._must(reply)["items"]}

    def until(
        self, kind: str, name: str, holds: Callable[[Json], bool], what: str, *, timeout: float = _SECONDS
    ) -> Json:
        """Wait until the object is there and `holds`; returns it as it was then."""
        seen: list[Json] = []

        def arrived() -> bool:
            found = self.read(kind, name)
            seen[:] = [] if found is None else [found]
            return found is not None and holds(found)

        try:
            wait_until(arrived, what=f"{kind} {name}: {what}", timeout=timeout)
        except RuntimeError as error:
            shown = [item if kind == "Secret" else item.get("status") for item in seen]
            message = f"{error}; it is: {shown if kind != 'Secret' else len(shown)}"
            raise AssertionError(message) from None
        return seen[0]

    def until_outcome(self, name: str, phase: str, reason: str, *, timeout: float = _SECONDS) -> Json:
        """Wait until a token has this phase, and Ready this reason."""

        def arrived(token: Json) -> bool:
            return outcome(token) == (phase, reason)

        return self.until("ApiToken", name, arrived, f"{phase}/{reason}", timeout=timeout)

    def until_delivery(self, name: str, state: str, *, timeout: float = _SECONDS) -> Json:
        """Wait until a token's delivery has this state."""

        def arrived(token: Json) -> bool:
            return bool(token["status"].get("delivery", {}).get("state") == state)

        return self.until("ApiToken", name, arrived, f"delivery {state}", timeout=timeout)

    def until_events(self, name: str, *reasons: str, timeout: float = _SECONDS) -> dict[str, Json]:
        """Wait until there are Events of all these reasons; returns all of them by reason."""
        wait_until(
            lambda: set(reasons) <= self.events(name).keys(), what=f"Events {reasons} of {name}", timeout=timeout
        )
        return self.events(name)

    def until_gone(self, kind: str, *names: str, timeout: float = _SECONDS) -> None:
        """Wait until none of these objects is there."""
        wait_until(
            lambda: all(self.read(kind, name) is None for name in names),
            what=f"{kind} {', '.join(names)} are gone",
            timeout=timeout,
        )

    @staticmethod
    def _must(reply: Reply, *also_good: int) -> Json:
        assert reply.ok or reply.status in also_good, reply.message
        return reply.body


def others(workspace: Workspace, *known: str) -> list[Json]:
    """The tokens that the test did not make itself."""
    return [token for token in workspace.list("ApiToken") if token["metadata"]["name"] not in known]
