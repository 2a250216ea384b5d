"""A Git repository made by a test, and the Application that syncs it; every wait has a deadline."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.support.argo_cd_objects import ARGO_CD
from tests.support.processes import ProcessError, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.api import Api

__all__ = ["Application", "Repository"]

Json = dict[str, Any]

_PATH = f"/apis/argoproj.io/v1alpha1/namespaces/{ARGO_CD}/applications"
_REFRESH = "argocd.argoproj.io/refresh"
_MERGE = "application/merge-patch+json"
_IDENTITY = ("-c", "user.name=a test", "-c", "user.email=test@example.com")


@dataclass(frozen=True, slots=True)
class Repository:
    """A folder under Git, whose branch `main` is what an Application syncs."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> Repository:
        """An empty one."""
        folder.mkdir(parents=True)
        repository = cls(folder)
        repository._git("init", "--quiet", "--initial-branch=main")
        return repository

    @property
    def url(self) -> str:
        """What `repoURL` says."""
        return self.folder.as_uri()

    def commit(self, changes: Mapping[str, str | None] | None = None) -> str:
        """Write files, or remove those that are None, and commit all that is in the folder; answers the commit."""
        for name, text in (changes or {}).items():
            file = self.folder / name
            if text is None:
                file.unlink()
            else:
                file.write_text(text, encoding="utf-8")
        self._git("add", "--all")
        self._git(*_IDENTITY, "commit", "--quiet", "--allow-empty", "--message=a change")
        return self._git("rev-parse", "HEAD")

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, capture_output=True, text=True, check=False, timeout=30
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


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

    def change(self, patch: Json) -> None:
        """Merge into it."""
        reply = self.api.request("PATCH", f"{_PATH}/{self.name}", body=patch, form=_MERGE)
        assert reply.ok, reply.message

    def delete(self) -> None:
        """Delete it; its finalizers, if any, say what becomes of what it made."""
        reply = self.api.request("DELETE", f"{_PATH}/{self.name}")
        assert reply.ok, reply.message

    def refresh(self, how: str = "normal") -> Json:
        """Have it look into Git and compare; returns the Application as it was after that."""
        self.change({"metadata": {"annotations": {_REFRESH: how}}})
        return self.until(lambda app: _REFRESH not in app["metadata"].get("annotations", {}), "refreshed")

    def until(self, holds: Callable[[Json], bool], what: str, *, timeout: float = 60) -> Json:
        """Wait until `holds`; returns it as it was then."""
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

    def until_state(self, sync: str, health: str, *, timeout: float = 60) -> Json:
        """Wait until it has this sync status and this health."""

        def arrived(app: Json) -> bool:
            status = app.get("status", {})
            return (status.get("sync", {}).get("status"), status.get("health", {}).get("status")) == (sync, health)

        return self.until(arrived, f"{sync} and {health}", timeout=timeout)
