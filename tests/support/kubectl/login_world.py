"""One API server, and what it says of who signed in: where kubeconfigs are tried by two programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.support.kubectl.plugin_runner import run_here
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from tests.support.kubectl.detours import Detour
    from tests.support.kubectl.login_rows import Row
    from tools.control_plane.plane import ControlPlane

__all__ = ["LoginWorld", "Outcome"]

Json = dict[str, Any]
_SCRIPT = str(Path(sys.executable).parent / "kubectl-access")
_SECONDS = 60
IN_POD = """
mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io &&
cp -r "$1" /run/secrets/kubernetes.io/serviceaccount && shift && exec "$@"
"""
"""What makes a mount namespace a pod: a ServiceAccount's folder where client-go has it fixed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a list of tokens went.

    Attributes:
        failed: the program's status was not 0.
        people: who sent any request, as the audit log has it.
        asked: who asked for the tokens of which namespace; nobody where it failed, which kubectl may do sooner: it
            asks for the kinds first.
        through: the proxies on the way.
    """

    failed: bool
    people: frozenset[str]
    asked: frozenset[str]
    through: frozenset[str]


@dataclass
class LoginWorld:
    """Where rows are tried. `facts` stand in braces in a row."""

    control_plane: ControlPlane
    folder: Path
    detours: dict[str, Detour]
    facts: dict[str, str] = field(default_factory=dict)
    said: str = ""
    """What our last command wrote to standard error."""

    def kubectl(self, row: Row, folder: Path) -> Outcome:
        """The row, tried by kubectl."""
        words = [str(self.control_plane.bin / "kubectl"), f"--cache-dir={self.folder}/cache", "get"]
        return self._tried(row, folder, [*words, "apitokens.access.pharia.ai", "--output=name"], "kubectl/")

    def ours(self, row: Row, folder: Path) -> Outcome:
        """The row, tried by kubectl access."""
        return self._tried(row, folder, [_SCRIPT, "token", "list", "--output=name"], "kubectl-access")

    def _tried(self, row: Row, folder: Path, words: list[str], agent: str) -> Outcome:
        home = folder / agent.strip("/")
        home.mkdir()
        environment, options = row.write(home, self.facts)
        full = {"PATH": f"{self.control_plane.bin}:{os.defpath}", **(self._pod() if row.in_pod else {}), **environment}
        words = [*words, *options]
        if row.in_pod:
            words = ["unshare", "-m", "sh", "-c", IN_POD, "sh", str(self.folder / "account"), *words]
        used = {scheme: detour.used for scheme, detour in self.detours.items()}
        since = self.control_plane.audit_log.stat().st_size
        if words[0] == _SCRIPT:
            told = run_here(words[1:], full)
            status, self.said = told.status, told.stderr
        else:
            done = subprocess.run(
                words, env=full, capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=_SECONDS
            )
            status, self.said = done.returncode, done.stderr.decode()
        through = frozenset(scheme for scheme, detour in self.detours.items() if detour.used > used[scheme])
        events = self._events(since, agent)
        asked = [_who(event, path=True) for event in events if "/apitokens" in event["requestURI"] and not status]
        people = [_who(event) for event in events]
        return Outcome(bool(status), frozenset(people), frozenset(asked), through)

    def _pod(self) -> dict[str, str]:
        return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": self.facts["port"]}

    def _events(self, since: int, agent: str) -> list[Json]:
        """What the audit log has of that program's requests, once a later one stands in it."""
        log, later = self.control_plane, f"/api?after={since}"
        log.inspect_secret(later)
        wait_until(lambda: any(log.audit_events(later, since=since)), what="the log is written so far")
        events = (dict(event) for event in log.audit_events(agent, since=since))
        return [event for event in events if str(event.get("userAgent", "")).startswith(agent)]


def _who(event: Json, *, path: bool = False) -> str:
    impersonated = event.get("impersonatedUser", {})
    if "groups" in impersonated:
        impersonated["groups"] = sorted(impersonated["groups"])
    place = urlsplit(event["requestURI"]).path if path else ""
    return json.dumps([event["user"].get("username"), impersonated, place], sort_keys=True)
