"""The examples of alerting by the real Alertmanager: each team is told of its own tokens, and of nobody else's."""

from __future__ import annotations

import http.client
import json
import subprocess
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tools.build_alerting import built_alertmanager
from tools.control_plane.processes import Process, free_port, inherited_environment, wait_until
from tools.gateways.witness import witness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.gateways.witness import Witness

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "alerting"
RULES = yaml.safe_load((ROOT / "charts" / "pharia-access" / "files" / "alerts.yaml").read_text("utf-8"))
ALERT = "PhariaAccessTokensExpiring"
OTHER = "PhariaAccessTokensFailed"
TEAM = "finance/pharia-access/team"

PROGRAMS = built_alertmanager()
pytestmark = pytest.mark.skipif(PROGRAMS is None, reason="nobody built Alertmanager: make alerting")


@pytest.fixture(scope="module")
def programs() -> dict[str, Path]:
    assert PROGRAMS is not None
    return PROGRAMS


def labels_of(namespace: str) -> dict[str, str]:
    """The labels that Prometheus gives to the alert of the chart, about tokens of a namespace."""
    (rule,) = (rule for group in RULES["groups"] for rule in group["rules"] if rule["alert"] == ALERT)
    given = {name: value.replace("{{ $labels.token_namespace }}", namespace) for name, value in rule["labels"].items()}
    return {"alertname": ALERT, "token_namespace": namespace, **given}


@pytest.mark.parametrize(
    ("example", "labels", "receiver"),
    [
        pytest.param("alertmanager", labels_of("finance"), "finance", id="a team"),
        pytest.param("alertmanager", labels_of("invoices"), "finance", id="another namespace of that team"),
        pytest.param("alertmanager", labels_of("research"), "research", id="another team"),
        pytest.param("alertmanager", labels_of("finance-2"), "platform", id="a namespace of no team"),
        pytest.param("alertmanager", {"alertname": OTHER}, "platform", id="another alert"),
        pytest.param("translated", labels_of("finance"), TEAM, id="the team that asked for it"),
        pytest.param("translated", labels_of("research"), "platform", id="not another's"),
        pytest.param("translated", {"alertname": OTHER, "namespace": "finance"}, "platform", id="nor another alert"),
    ],
)
def test_the_examples_route_by_namespace(
    programs: dict[str, Path], example: str, labels: dict[str, str], receiver: str
) -> None:
    pairs = [f"{name}={value}" for name, value in labels.items()]
    command = [str(programs["amtool"]), "config", "routes", "test", f"--config.file={EXAMPLES / example}.yaml", *pairs]

    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60)

    assert (done.stdout.strip(), done.stderr) == (receiver, "")


@pytest.fixture
def teams() -> Iterator[Witness]:
    """What takes the notices of all teams, each at its path."""
    with witness() as running:
        yield running


@pytest.fixture
def alertmanager(programs: dict[str, Path], teams: Witness, tmp_path: Path) -> Iterator[str]:
    """The address of one that runs with the example, with receivers that are there, and without patience."""
    text = (
        (EXAMPLES / "alertmanager.yaml")
        .read_text("utf-8")
        .replace("https://chat.example.com", f"http://{teams.address}")
    )
    config = yaml.safe_load(text)
    config["route"]["group_wait"] = "0s"
    file = tmp_path / "alertmanager.yaml"
    file.write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    flags = [f"--config.file={file}", f"--storage.path={tmp_path}", f"--web.listen-address={address}"]
    command = [str(programs["alertmanager"]), *flags, "--cluster.listen-address="]
    log = tmp_path / "alertmanager.log"
    process = Process.start(command, log=log, cwd=tmp_path, env=inherited_environment())
    process.wait_until(lambda: is_ready(address), what="the Alertmanager is ready")
    yield address
    process.stop()


def is_ready(address: str) -> bool:
    try:
        return ask(address, "GET", "/-/ready") == HTTPStatus.OK
    except OSError:
        return False


def ask(address: str, method: str, path: str, body: object = None) -> int:
    """The status of the answer."""
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    return status


def told(teams: Witness) -> set[tuple[str, str]]:
    """Who was told, and of which namespace."""
    notices = [(seen.target, json.loads(seen.body)) for seen in teams.seen]
    return {(path, alert["labels"]["namespace"]) for path, notice in notices for alert in notice["alerts"]}


def test_each_team_is_told_of_its_own_tokens_alone(alertmanager: str, teams: Witness) -> None:
    alerts = [{"labels": labels_of(name)} for name in ("finance", "invoices", "research", "other")]

    assert ask(alertmanager, "POST", "/api/v2/alerts", alerts) == HTTPStatus.OK
    wait_until(lambda: len(told(teams)) == len(alerts), what="all notices are there")

    assert told(teams) == {
        ("/hooks/finance", "finance"),
        ("/hooks/finance", "invoices"),
        ("/hooks/research", "research"),
        ("/hooks/platform", "other"),
    }
