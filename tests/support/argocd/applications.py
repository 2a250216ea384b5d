"""An Application of Argo CD, as a test makes it from an example and waits for it; every wait has a deadline."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import yaml

from tests.support.argocd.argocd_objects import ARGO_CD
from tools.control_plane.api import MERGE, Api
from tools.control_plane.processes import ProcessError, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.argocd.git_repository import Repository

__all__ = ["Application", "conditions", "state"]

Json = dict[str, Any]

_COMPARE = "argocd.argoproj.io/compare-options"
_PATH = f"/apis/argoproj.io/v1alpha1/namespaces/{ARGO_CD}/applications"
_CASCADE = "resources-finalizer.argocd.argoproj.io"
_REFRESH = "argocd.argoproj.io/refresh"
_REFRESH_ASKED = "argocd.argoproj.io/refresh-timestamp"


def state(app: Json) -> tuple[str | None, str | None]:
    """Its sync status and its health."""
    status = app.get("status", {})
    return status.get("sync", {}).get("status"), status.get("health", {}).get("status")


def conditions(app: Json) -> dict[str, str]:
    """What Argo CD complains of: types and messages."""
    return {item["type"]: item["message"] for item in app["status"].get("conditions", ())}


@dataclass(frozen=True, slots=True)
class Application:
    """An Application in Argo CD's namespace."""

    api: Api
    name: str

    @classmethod
    def create(cls, api: Api, example: Path, repository: Repository, **source: object) -> Application:
        """As the example says, from another repository; `source`: what else its source says."""
        manifest = yaml.safe_load(example.read_text(encoding="utf-8"))
        manifest["spec"]["source"] |= {"repoURL": repository.url, **source}
        reply = api.request("POST", _PATH, body=manifest)
        assert reply.ok, reply.message
        return cls(api, manifest["metadata"]["name"])

    def read(self) -> Json | None:
        """The Application as it is now; None if there is none."""
        reply = self.api.request("GET", f"{_PATH}/{self.name}")
        assert reply.ok or reply.status == HTTPStatus.NOT_FOUND, reply.message
        return reply.body if reply.ok else None

    def change(self, patch: Json) -> Json:
        """Merge into it."""
        reply = self.api.request("PATCH", f"{_PATH}/{self.name}", body=patch, form=MERGE)
        assert reply.ok, reply.message
        return reply.body

    @contextmanager
    def compared(self, how: str) -> Iterator[Json]:
        """Have it compare in another way until the end of the block; as it was before."""
        before = self.change({})
        self.change({"metadata": {"annotations": {_COMPARE: how}}})
        try:
            yield before
        finally:
            annotations = before["metadata"].get("annotations", {})
            self.change({"metadata": {"annotations": {_COMPARE: annotations.get(_COMPARE)}}})

    def delete(self, *, cascade: bool) -> None:
        """Delete it, with all that it made or alone; on return it is gone."""
        self.change({"metadata": {"finalizers": [_CASCADE] if cascade else []}})
        reply = self.api.request("DELETE", f"{_PATH}/{self.name}")
        assert reply.ok, reply.message
        wait_until(lambda: self.read() is None, what=f"Application {self.name} is gone", timeout=120)

    def refresh(self, how: str = "normal") -> Json:
        """Have it look into Git and compare; as it was after that."""
        asked = datetime.now(UTC).isoformat()  # a look that began before does not count: Argo CD compares this
        self.change({"metadata": {"annotations": {_REFRESH: how, _REFRESH_ASKED: asked}}})
        return self.until(lambda app: _REFRESH not in app["metadata"].get("annotations", {}), "refreshed")

    def refresh_until(self, holds: Callable[[Json], bool], what: str, *, timeout: float = 60) -> Json:
        """Have it look again and again, until `holds` right after a look; as it was then.

        For what the next look, by whatever caused, may change.
        """
        seen: list[Json] = []

        def arrived() -> bool:
            seen[:] = [self.refresh()]
            return holds(seen[0])

        wait_until(arrived, what=f"Application {self.name}: {what}", timeout=timeout)
        return seen[0]

    def sync(self, commit: str, *, timeout: float = 60) -> Json:
        """Have it look into Git, and wait until it has synced this commit."""
        self.refresh()

        def synced(app: Json) -> bool:
            sync, operation = app["status"]["sync"], app["status"].get("operationState", {})
            return (sync["status"], sync["revision"], operation.get("phase")) == ("Synced", commit, "Succeeded")

        return self.until(synced, f"synced to {commit}", timeout=timeout)

    def until_it_gives_up(self, commit: str, *, timeout: float = 60) -> Json:
        """Wait until its sync of this commit has failed for the last time; nothing of it is under way any more."""

        def given_up(app: Json) -> bool:
            operation = app["status"].get("operationState", {})
            revision = operation.get("syncResult", {}).get("revision")
            return (operation.get("phase"), revision) == ("Failed", commit) and "operation" not in app

        return self.until(given_up, f"it gives up {commit}", timeout=timeout)

    def until_state(self, sync: str, health: str, *, timeout: float = 60) -> Json:
        """Wait until it has this sync status and this health."""
        return self.until(lambda app: state(app) == (sync, health), f"{sync} and {health}", timeout=timeout)

    def until(self, holds: Callable[[Json], bool], what: str, *, timeout: float = 60) -> Json:
        """Wait until `holds`; as it was then."""
        seen: list[Json] = []

        def arrived() -> bool:
            seen[:] = [app for app in [self.read()] if app is not None]
            return bool(seen) and holds(seen[0])

        try:
            wait_until(arrived, what=f"Application {self.name}: {what}", timeout=timeout)
        except ProcessError as error:
            message = f"{error}; it is: {[app.get('status') for app in seen]}"
            raise AssertionError(message) from None
        return seen[0]
