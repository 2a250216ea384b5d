"""Namespaces fail alone: what becomes of one that is forbidden, deleted or made again, and of the others meanwhile."""

from __future__ import annotations

import itertools
import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import pytest

from pharia_access.domain.token import mint
from tests.support.operators.constant_checks import DEAD, GOOD, ConstantChecks
from tests.support.operators.striking_proxy import Proxy
from tools.control_plane.cuttable_proxy import CuttableProxy
from tools.control_plane.narrow_rights import NarrowRights
from tools.control_plane.processes import wait_until
from tools.control_plane.verifiers import RunningVerifier, start_verifier, write_keyring
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.control_plane.api import Api
    from tools.control_plane.plane import ControlPlane

pytestmark = pytest.mark.usefixtures("operator")

PATH: Final = "/auth/nginx"  # what the constant checks ask
REFUSED: Final = {HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE}
VIEW_SECONDS: Final = 10
_NUMBERS = itertools.count(1)


@dataclass
class NarrowVerifiers:
    """Three watched namespaces with a token in each, and verifiers with rights in just these."""

    control_plane: ControlPlane
    root: Path
    places: dict[str, Workspace]
    rights: NarrowRights
    texts: dict[str, str]

    def verifier(self, *, server: str | None = None, contact: str = "10s") -> RunningVerifier:
        root = self.root / f"verifier-{next(_NUMBERS)}"
        root.mkdir()
        write_keyring(self.control_plane, root / "keyring")
        settings = {
            "WATCH_NAMESPACES": ",".join(place.namespace for place in self.places.values()),
            "VIEW_BOUND": f"{VIEW_SECONDS}s",
            "WATCH_TIMEOUT": "5s",
            "CONTACT_BOUND": contact,
        }
        return start_verifier(
            self.control_plane,
            root,
            {f"PHARIA_ACCESS_{name}": value for name, value in settings.items()},
            kubeconfig=self.rights.kubeconfig("verifier", root / "kubeconfig", server=server),
        )

    def others(self) -> dict[str, int]:
        return {self.texts[name]: GOOD for name in ("finance", "research")}


@pytest.fixture
def narrow_verifiers(control_plane: ControlPlane, admin: Api, tmp_path: Path) -> Iterator[NarrowVerifiers]:
    places = {}
    for name in ("finance", "research", "doomed"):
        places[name] = Workspace(admin, f"{name}-{secrets.token_hex(3)}")
        fill(places[name])
    rights = NarrowRights(control_plane, [place.namespace for place in places.values()])
    texts = {name: place.text().reveal() for name, place in places.items()}
    yield NarrowVerifiers(control_plane, tmp_path, places, rights, texts)
    for place in places.values():
        admin.delete({"kind": "Namespace", "metadata": {"name": place.namespace}})


def fill(place: Workspace) -> None:
    assert place.api.create({"kind": "Namespace", "metadata": {"name": place.namespace}}).ok
    place.role()
    place.credential()
    place.issued(ttl="1h")


@pytest.fixture
def proxy(control_plane: ControlPlane) -> Iterator[Proxy]:
    with Proxy(control_plane.server_url, control_plane.ca_file) as made:
        yield made


@pytest.fixture
def verifier(narrow_verifiers: NarrowVerifiers) -> Iterator[RunningVerifier]:
    running = narrow_verifiers.verifier()
    running.wait_until_ready()
    for text in narrow_verifiers.texts.values():
        until(running, text, GOOD)
    yield running
    running.process.stop()


def until(verifier: RunningVerifier, text: str, *statuses: int, timeout: float = 20) -> None:
    wait_until(
        lambda: verifier.ask(PATH, text).status in statuses, what=f"the answer is one of {statuses}", timeout=timeout
    )


def never(verifier: RunningVerifier, text: str, status: int, *, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        assert verifier.ask(PATH, text).status != status
        time.sleep(0.1)


def unknown() -> str:
    return mint("pharia", secrets.token_bytes).reveal()


def watched(verifier: RunningVerifier, place: Workspace) -> float:
    (line,) = (
        line
        for line in verifier.get("/metrics")[1].splitlines()
        if line.startswith(f'pharia_access_namespace_watched{{namespace="{place.namespace}"}}')
    )
    return float(line.split()[-1])


def test_a_namespace_that_is_forbidden_refuses_its_own_tokens_and_comes_back_by_itself(
    narrow_verifiers: NarrowVerifiers, verifier: RunningVerifier
) -> None:
    doomed, nobodys = narrow_verifiers.places["doomed"], unknown()
    expected = {
        **narrow_verifiers.others(),
        nobodys: DEAD,
    }  # a part that is known to be forbidden says nothing of contact
    with ConstantChecks(f"127.0.0.1:{verifier.port}", expected) as checks:
        narrow_verifiers.rights.take(doomed.namespace)
        until(verifier, narrow_verifiers.texts["doomed"], *REFUSED, timeout=12)
        assert watched(verifier, doomed) == 0
        never(
            verifier, narrow_verifiers.texts["doomed"], GOOD, seconds=VIEW_SECONDS + 2
        )  # the others outlive the bound

        assert verifier.get("/readyz")[0] == HTTPStatus.OK
        assert watched(verifier, narrow_verifiers.places["finance"]) == 1
        checks.forget(nobodys)  # what comes back may hold anything, until it has been listed
        assert "may not be read" in verifier.process.log.read_text()
        narrow_verifiers.rights.apply(doomed.namespace)
        until(verifier, narrow_verifiers.texts["doomed"], GOOD)
        assert watched(verifier, doomed) == 1

    assert checks.wrong == {}
    assert checks.count(GOOD) > 100


@pytest.mark.parametrize("trouble", ["forbidden", "500"])
def test_a_verifier_starts_without_a_namespace_that_cannot_be_listed(
    narrow_verifiers: NarrowVerifiers, proxy: Proxy, trouble: str
) -> None:
    doomed = narrow_verifiers.places["doomed"].namespace
    paths = [f"/apis/access.pharia.ai/v1alpha1/namespaces/{doomed}/{kind}" for kind in ("apitokens", "apicredentials")]
    if trouble == "forbidden":
        narrow_verifiers.rights.take(doomed)
    else:
        proxy.refused = dict.fromkeys(paths, 500)
    started = narrow_verifiers.verifier(server=proxy.url)
    try:
        started.wait_until_ready(timeout=30)
        assert [started.ask(PATH, text).status for text in narrow_verifiers.others()] == [GOOD, GOOD]
        assert started.ask(PATH, narrow_verifiers.texts["doomed"]).status in REFUSED

        narrow_verifiers.rights.apply(doomed)
        proxy.refused = {}
        until(started, narrow_verifiers.texts["doomed"], GOOD)
    finally:
        started.process.stop()


def test_where_every_answer_about_one_namespace_is_late_the_others_change_at_once(
    narrow_verifiers: NarrowVerifiers, proxy: Proxy
) -> None:
    finance = narrow_verifiers.places["finance"]
    started = narrow_verifiers.verifier(server=proxy.url)
    try:
        started.wait_until_ready()
        proxy.slow = {narrow_verifiers.places["doomed"].namespace: 30.0}
        until(started, unknown(), HTTPStatus.SERVICE_UNAVAILABLE)  # it may be one of there, which is silent

        finance.issued("next", ttl="1h")
        fresh = finance.text("next-token").reveal()
        until(started, fresh, GOOD, timeout=2)
        finance.revoke("next")
        until(started, fresh, HTTPStatus.UNAUTHORIZED, timeout=2)
        assert started.ask(PATH, narrow_verifiers.texts["research"]).status == GOOD

        until(started, narrow_verifiers.texts["doomed"], HTTPStatus.SERVICE_UNAVAILABLE)
        proxy.slow = {}
        until(started, narrow_verifiers.texts["doomed"], GOOD, timeout=60)
    finally:
        started.process.stop()


def test_a_namespace_that_is_deleted_takes_nobody_along_and_may_be_made_again(
    narrow_verifiers: NarrowVerifiers, verifier: RunningVerifier
) -> None:
    doomed = narrow_verifiers.places["doomed"]
    with ConstantChecks(f"127.0.0.1:{verifier.port}", narrow_verifiers.others()) as checks:
        narrow_verifiers.control_plane.kubectl("delete", "namespace", doomed.namespace, "--timeout=60s", timeout=70)
        never(verifier, narrow_verifiers.texts["doomed"], GOOD, seconds=VIEW_SECONDS + 5)
        assert verifier.get("/readyz")[0] == HTTPStatus.OK

        fill(doomed)
        narrow_verifiers.rights.apply(doomed.namespace)
        until(verifier, doomed.text().reveal(), GOOD)
        assert verifier.ask(PATH, narrow_verifiers.texts["doomed"]).status == HTTPStatus.UNAUTHORIZED

    assert checks.wrong == {}
    assert checks.count(GOOD) > 100


def test_without_the_roles_nobody_is_accepted_and_all_are_once_they_are_back(
    narrow_verifiers: NarrowVerifiers, verifier: RunningVerifier
) -> None:
    roles = next(
        one for one in narrow_verifiers.rights.documents if one["kind"] == "ClusterRole" and "verifier" in name_of(one)
    )
    # Also everybody who is signed in may read them by default; an administrator switches that off.
    api = narrow_verifiers.places["finance"].api
    catalog = {"kind": "ClusterRoleBinding", "metadata": {"name": "pharia-access-catalog"}}
    kept, own = api.read(catalog).body, {**roles, "rules": []}
    try:
        assert api.delete(catalog).ok
        narrow_verifiers.control_plane.kubectl("delete", "clusterrolebinding", "narrow-catalog", "--ignore-not-found")
        assert api.patch(own, {"rules": []}).ok
        for text in narrow_verifiers.texts.values():
            until(verifier, text, HTTPStatus.SERVICE_UNAVAILABLE)
        assert verifier.get("/readyz")[0] == HTTPStatus.SERVICE_UNAVAILABLE
    finally:
        del kept["metadata"]["resourceVersion"], kept["metadata"]["uid"]
        assert api.create(kept).ok
        narrow_verifiers.rights.apply()

    for text in narrow_verifiers.texts.values():
        until(verifier, text, GOOD)


def name_of(document: dict[str, dict[str, str]]) -> str:
    return document["metadata"]["name"]


def test_cut_off_an_unknown_token_may_be_new_and_a_malformed_one_never_is(narrow_verifiers: NarrowVerifiers) -> None:
    with CuttableProxy(narrow_verifiers.control_plane.server_url) as cuttable_proxy:
        verifier = narrow_verifiers.verifier(server=cuttable_proxy.url)
        try:
            verifier.wait_until_ready()
            assert verifier.ask(PATH, unknown()).status == HTTPStatus.UNAUTHORIZED

            cuttable_proxy.cut()
            narrow_verifiers.places["finance"].issued("meanwhile", ttl="1h")
            fresh = narrow_verifiers.places["finance"].text("meanwhile-token").reveal()
            until(verifier, fresh, HTTPStatus.SERVICE_UNAVAILABLE, timeout=15)
            answer = verifier.ask(PATH, fresh)
            assert answer.headers["retry-after"] == "1"
            assert verifier.ask(PATH, fresh[:-1] + "!").status == HTTPStatus.UNAUTHORIZED

            cuttable_proxy.mend()
            until(verifier, fresh, GOOD)
            until(verifier, unknown(), HTTPStatus.UNAUTHORIZED)  # once each part is connected
        finally:
            verifier.process.stop()
