"""The examples of workload tokens, as a person applies them: each object is taken, and no field of it is lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tools.control_plane.installation import wait_for_kinds
from tools.control_plane.resources import api_credential

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.control_plane.api import Api
    from tools.control_plane.plane import ControlPlane

ROOT = Path(__file__).resolve().parents[2]
KIND = ROOT / "tests" / "support" / "external_secrets" / "pushsecrets.yaml"
EXAMPLES = sorted([*(ROOT / "examples" / "workload").iterdir(), *(ROOT / "examples" / "external-secrets").iterdir()])
STRICT = ("apply", "--server-side", "--dry-run=server", "--validate=strict", "--filename=-")

Json = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def _push_secrets(control_plane: ControlPlane) -> Iterator[None]:
    """External Secrets' own schema; nobody acts on it."""
    control_plane.kubectl("apply", "--server-side", f"--filename={KIND}")
    wait_for_kinds(control_plane, "crd/pushsecrets.external-secrets.io")
    yield
    control_plane.kubectl("delete", f"--filename={KIND}")


def objects(file: Path, namespace: str) -> list[Json]:
    """What is in a file, for this namespace."""
    found: list[Json] = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    for body in found:
        body["metadata"]["namespace"] = namespace
    return found


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_each_example_is_taken_field_by_field(
    file: Path, control_plane: ControlPlane, admin: Api, namespace: str
) -> None:
    assert admin.create(api_credential(namespace)).ok

    for body in objects(file, namespace):
        control_plane.kubectl(*STRICT, stdin=yaml.safe_dump(body))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("refreshIntervals",), "1h"),
        (("deletionPolicy",), "Keep"),
        (("data", 0, "match", "secretkey"), "token"),
    ],
)
def test_what_the_schema_of_external_secrets_does_not_know_is_found(
    path: tuple[str | int, ...], value: str, control_plane: ControlPlane, namespace: str
) -> None:
    (push,) = (body for body in objects(EXAMPLES[0], namespace) if body["kind"] == "PushSecret")
    place: Any = push["spec"]
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value

    assert control_plane.kubectl(*STRICT, stdin=yaml.safe_dump(push), check=False).returncode != 0


def test_the_push_secret_reads_what_the_operator_writes() -> None:
    kept, *_, push = objects(EXAMPLES[0], "finance")

    assert push["spec"]["selector"]["secret"]["name"] == kept["metadata"]["name"]
    assert [each["match"]["secretKey"] for each in push["spec"]["data"]] == ["token"]


def test_the_deployment_mounts_what_the_operator_writes_as_a_folder() -> None:
    kept, _ = objects(ROOT / "examples" / "workload" / "workload-token.yaml", "finance")
    (deployment,) = objects(ROOT / "examples" / "workload" / "deployment.yaml", "finance")

    pod = deployment["spec"]["template"]["spec"]
    assert pod["volumes"][0]["secret"]["secretName"] == kept["spec"]["secret"]["name"]
    assert all("subPath" not in mount for mount in pod["containers"][0]["volumeMounts"])
