"""The guide to restoring a backup, each command as it stands there, on a control plane of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.charts.chart_release import Release
from tests.support.documents.guide_commands import ROOT, Command, Reader, commands
from tools.control_plane.api import Api
from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import wait_until
from tools.control_plane.verifiers import start_verifier, write_keyring
from tools.control_plane.workspace import Json, Workspace
from tools.debian_programs import MissingProgramError, find_program

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = "how-to/restore-a-backup.md"
BY_KUBECTL, DECIDE = commands(PAGE, "With kubectl"), commands(PAGE, "Decide about each")
BY_LABEL = commands(PAGE, "With Velero, or another tool that labels what it restores")
UNMARKED, FROM_ETCD = commands(PAGE, "With a tool that marks nothing"), commands(PAGE, "From an etcd snapshot")
MARK = {"velero.io/restore-name": "nightly"}


@dataclass(slots=True)
class GuidedRelease:
    """A release whose operator can be stopped, and its namespace `finance`."""

    release: Release
    place: Workspace
    reader: Reader
    followed: list[Command] = field(default_factory=list)

    def follow(self, *some: Command) -> None:
        """Do what the page says."""
        for command in some:
            self.reader.follow(command)
            self.followed.append(command)

    def named(self, *names: str) -> Json:
        """The tokens of these names, without which the test cannot go on."""
        return {name: self.place.known("ApiToken", name) for name in names}


@pytest.fixture(scope="module")
def guided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuidedRelease]:
    root = tmp_path_factory.mktemp("guide")
    folder = root / "project"
    folder.mkdir()
    (folder / "charts").symlink_to(ROOT / "charts")
    with ControlPlane.start(root / "control-plane") as control_plane:
        release = Release(control_plane, root)
        release.install()
        control_plane.kubectl("create", "namespace", "finance")
        (root / "bin").mkdir()
        try:
            (root / "bin" / "jq").symlink_to(find_program("jq"))
        except MissingProgramError as error:
            pytest.skip(str(error))
        path = f"{control_plane.bin}:{root / 'bin'}:/usr/bin:/bin"
        environment = {"PATH": path, "HOME": str(root), "KUBECONFIG": str(control_plane.kubeconfig), "LANG": "C.UTF-8"}
        place = Workspace(Api(control_plane.kubeconfig), "finance")
        place.role()
        release.start()
        yield GuidedRelease(release, place, Reader(environment, folder))
        release.remove()


def test_by_kubectl_what_is_put_back_is_held_and_the_file_tells_which_were_good(guided: GuidedRelease) -> None:
    place = guided.place
    credential = place.credential()
    for name in ("good", "revoked"):
        place.issued(name, ttl="1h")
    place.issued("ended", ttl="10s")  # long enough for a mint on a busy machine
    place.revoke("revoked")
    place.until_outcome("ended", "Expired", "Expired")
    place.until_outcome("revoked", "Revoked", "Revoked")
    before = guided.named("good")["good"]
    keep, put_back, look, tell = BY_KUBECTL

    guided.follow(keep)
    place.delete(credential)
    place.until_gone("ApiToken", "ended", "good", "revoked")
    guided.follow(put_back)
    for name, phase, reason in (
        ("ended", "Pending", "Restored"),
        ("good", "Pending", "Restored"),
        ("revoked", "Revoked", "Revoked"),
    ):
        place.until_outcome(name, phase, reason)
    guided.follow(look, tell)

    good = place.known("ApiToken", "good")
    assert good["metadata"]["uid"] != before["metadata"]["uid"]
    place.change(good, {"metadata": {"labels": {"velero.io/restore-name": None}}})
    minted = place.until_outcome("good", "Active", "Issued")
    assert minted["status"]["tokenID"] != before["status"]["tokenID"]
    _clear(guided)


def test_what_a_tool_marked_is_let_go_or_deleted(guided: GuidedRelease) -> None:
    guided.place.credential()
    for name in ("needed", "restored"):
        guided.place.token(name, labels=MARK)
    for name in ("needed", "restored"):
        guided.place.until_outcome(name, "Pending", "Restored")

    guided.follow(*BY_LABEL, *DECIDE)

    guided.place.until_outcome("needed", "Active", "Issued")
    guided.place.until_gone("ApiToken", "restored")
    _clear(guided)


def test_what_a_tool_does_not_mark_is_held_where_the_operator_stood_still(guided: GuidedRelease) -> None:
    stop, mark, start = UNMARKED
    deployment = ("get", "deployment", f"{guided.release.prefix}-operator", f"--namespace={guided.release.namespace}")
    replicas = (*deployment, "--output=jsonpath={.spec.replicas}")

    guided.follow(stop)
    assert guided.release.control_plane.kubectl(*replicas).stdout == "0"
    guided.release.stop()
    guided.place.credential()
    guided.place.token("restored")
    guided.follow(mark, start)
    assert guided.release.control_plane.kubectl(*replicas).stdout == "1"
    guided.release.start()

    guided.place.until_outcome("restored", "Pending", "Restored")
    _clear(guided)


def test_after_an_etcd_snapshot_what_was_issued_before_the_restore_is_refused(guided: GuidedRelease) -> None:
    """The page's moment has passed on every clock that runs this: what was issued then stands for all from before."""
    upgrade, restart = FROM_ETCD
    text = guided.place.issued_text("ci")
    assert guided.release.verifier.ask("/auth/nginx", text).status in {200, 401}

    guided.follow(upgrade, restart)

    control_plane = guided.release.control_plane
    name, namespace = f"{guided.release.prefix}-verifier", f"--namespace={guided.release.namespace}"
    fields = "{range .spec.template.spec.containers[0].env[*]}{.name}={.value}{'\\n'}{end}"
    shown = control_plane.kubectl("get", "deployment", name, namespace, f"--output=jsonpath={fields}").stdout
    settings = dict(line.split("=", 1) for line in shown.splitlines() if line)
    assert settings["PHARIA_ACCESS_REFUSE_ISSUED_BEFORE"] in upgrade.text
    later = {"PHARIA_ACCESS_REFUSE_ISSUED_BEFORE": "2200-01-01T00:00:00Z"}
    root = Path(guided.release.root) / "strict"
    write_keyring(control_plane, root / "keyring")
    strict = start_verifier(control_plane, root, later)
    try:
        strict.wait_until_ready()
        wait_until(lambda: strict.ask("/auth/nginx", text).status == 401, what="it is refused")
        assert 'reason="issued-too-early"' in strict.get("/metrics")[1]
    finally:
        strict.process.stop()


def test_each_command_of_the_page_was_run(guided: GuidedRelease) -> None:
    text = (ROOT / "docs" / PAGE).read_text(encoding="utf-8")

    assert len(guided.followed) == text.count("\n$ ") + text.count("\n  $ ")


def _clear(guided: GuidedRelease) -> None:
    """Leave an empty namespace to the next section."""
    here = "--namespace=finance"
    guided.release.control_plane.kubectl("delete", "apitokens,apicredentials", "--all", here, timeout=60)
