"""The whole story of a token on a real API server: `python -m tools.demo`.

Starts a control plane of its own, installs the chart, and tells what a person would do, with the commands. Ends with
status 0 if everything went as told, else says what failed and where the logs are. Leaves no process behind.
"""

from __future__ import annotations

import base64
import json
import shutil
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pharia_access.domain import proof, token
from tests.support.control_plane import ControlPlane
from tests.support.installation import NAMESPACE, OPERATOR_ACCOUNT, wait_until_in_force
from tests.support.operators import start_operator
from tests.support.processes import ProcessError, wait_until
from tools.demo_commands import EVENTS, MESSAGE_OF, TEXT_OF, mint_token, set_roles
from tools.demo_door import Door, ask, open_door
from tools.go_toolchain import BuildError
from tools.storyteller import StoryError, Storyteller, wants_color

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["main"]

_ROOT = Path(__file__).resolve().parent.parent
_OPERATOR = f"system:serviceaccount:{NAMESPACE}:{OPERATOR_ACCOUNT}"
_IMPATIENT = {"PHARIA_ACCESS_PROBE_FIRST": "1s", "PHARIA_ACCESS_PROBE_MAX": "1s"}
_INTERRUPTED = 130  # what a shell answers for a program that was interrupted


def main() -> int:
    """Tell the story; answer the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    root = Path(tempfile.mkdtemp(prefix="pharia-access-demo-"))
    story = Storyteller(cwd=_ROOT, env=_environment(root), color=wants_color(sys.stdout))
    keep, began = True, time.monotonic()
    try:
        _tell(story, root)
        keep = False
    except (StoryError, ProcessError, BuildError) as error:
        story.fail(f"The demo failed: {error}")
        return 1
    except KeyboardInterrupt:
        keep = False
        story.fail("Interrupted; everything that was started has been ended.")
        return _INTERRUPTED
    finally:
        if keep:
            story.fail(f"Everything that was started has been ended. The logs are in {root}")
        else:
            shutil.rmtree(root)
    story.say(
        f"That was the whole story, in {time.monotonic() - began:.0f} s. Everything that was started has been ended. "
        "`make up` starts the same and leaves it running for you."
    )
    return 0


def _environment(root: Path) -> dict[str, str]:
    """The programs of this control plane, and nothing of whoever runs the demo."""
    home = root / "control-plane"
    return {"PATH": f"{home / 'bin'}:/usr/bin:/bin", "HOME": str(home), "KUBECONFIG": str(home / "kubeconfig")}


def _tell(story: Storyteller, root: Path) -> None:
    story.chapter("1. A Kubernetes API server")
    story.say(
        "etcd, kube-apiserver and kube-controller-manager start on this machine. They are the real ones, with RBAC on "
        "and Secrets encrypted at rest. There are no nodes, so no pods run."
    )
    with ControlPlane.start(root / "control-plane") as control_plane:
        story.run("kubectl version")
        with _installed(story, control_plane, root) as door:
            _roles_and_credential(story)
            text = _first_token(story)
            _what_is_kept(story, text, root)
            _asked(story, door, text)
            _roles_edited(story, door, text)
            _expiring(story)
            _revoked(story, control_plane, door)
            _everything_gone(story)


@contextmanager
def _installed(story: Storyteller, control_plane: ControlPlane, root: Path) -> Iterator[Door]:
    story.chapter("2. Installing")
    story.say(
        "The chart holds the three kinds, the admission policies, the RBAC rules and the operator. Without --wait, "
        "since its Deployment would wait for a node for ever."
    )
    story.run(
        f"helm install pharia-access charts/pharia-access --namespace {NAMESPACE} --create-namespace",
        expect="STATUS: deployed",
        trim=lambda said: said.partition("\nNOTES:")[0],
    )
    wait_until_in_force(control_plane)
    story.run(f"kubectl get deployments,serviceaccounts --namespace {NAMESPACE}", expect=OPERATOR_ACCOUNT)
    story.say(
        "So the operator runs beside the API server instead of in a pod, signed in as the chart's ServiceAccount: it "
        "has just the rights it would have in a cluster. It may not even read Secrets. (Here it looks every second "
        "whether a Secret was collected, so that you need not wait.)"
    )
    settings = " ".join(f"{name}={value}" for name, value in _IMPATIENT.items())
    story.show(f"{settings} pharia-access operator &")
    operator = start_operator(control_plane, root / "operator", _IMPATIENT)
    try:
        operator.wait_until_ready()
        story.checked("the operator is ready")
        story.run(f"kubectl auth can-i get secrets --all-namespaces --as={_OPERATOR}", expect="no", refused=True)
        with open_door(story, control_plane, root) as door:
            yield door
    finally:
        operator.process.stop()


def _roles_and_credential(story: Storyteller) -> None:
    story.chapter("3. Roles and a credential")
    story.say(
        "Roles say what somebody may do in PhariaAI. An administrator keeps them. A credential holds roles, and lives "
        "in the namespace of the team that uses it."
    )
    story.run("kubectl apply -f examples/01-roles.yaml", expect="studio-user created")
    story.run("kubectl apply -f examples/00-namespace.yaml", expect="finance created")
    story.run("kubectl config set-context --current --namespace finance")
    story.run("kubectl apply -f examples/02-credential.yaml", expect="invoice-bot created")
    story.run("kubectl wait --for=condition=Ready apicredential/invoice-bot --timeout=20s")
    story.run("kubectl get apicredentials", expect="studio-user")


def _first_token(story: Storyteller) -> str:
    story.chapter("4. A token, shown once")
    mint_token(story, "invoice-bot-ci", description="CI pipeline", ttl="720h")
    story.run("kubectl get apitokens", expect="Active")
    story.say(
        "The token's text is in a Secret that lives for an hour. Read it now or never. (This one is a throw-away: it "
        "dies with this API server, in a minute.)"
    )
    text = story.run(TEXT_OF.format(name="invoice-bot-ci-token"), expect="pharia_")
    story.say("Whoever has read it deletes the Secret, so that nobody else can. The operator notices.")
    story.run("kubectl delete secret invoice-bot-ci-token")
    story.run("kubectl get secret invoice-bot-ci-token", expect="not found", refused=True)
    story.run("kubectl wait --for=condition=Delivered apitoken/invoice-bot-ci --timeout=20s")
    story.run("kubectl get apitoken invoice-bot-ci -o jsonpath='{.status.delivery.state}'", expect="Collected")
    return text


def _what_is_kept(story: Storyteller, text: str, root: Path) -> None:
    story.chapter("5. What is kept")
    story.say("Kept is a slow hash (Argon2id), shortened here: good to prove the token, useless to make it.")
    phc = story.run(
        "kubectl get apitoken invoice-bot-ci -o jsonpath='{.status.hash}'",
        expect="$argon2id$",
        trim=lambda said: f"{said[:44]}…",
    )
    if not proof.matches(phc, token.parse(text)):
        message = "the hash in the status is not that of the token in the Secret"
        raise StoryError(message)
    story.checked("the token that was read matches this hash")
    searched = [file for file in root.rglob("*") if file.is_file() and not file.is_symlink()]
    found = [str(file) for file in searched if text.encode() in file.read_bytes()]
    if found:
        message = f"the token's text was found in {', '.join(found)}"
        raise StoryError(message)
    story.checked(f"the token is in none of {len(searched)} files: operator log, audit log, etcd's data …")


def _asked(story: Storyteller, door: Door, text: str) -> None:
    story.chapter("6. Is it good, and what may it do?")
    story.say("A gateway asks the verifier before it lets a request pass, here for the role studio-user too.")
    ask(story, door, text, expect=200)
    ask(story, door, f"{text[:-1]}~", expect=401)


def _roles_edited(story: Storyteller, door: Door, text: str) -> None:
    story.chapter("7. Roles edited")
    story.say("Roles belong to the credential. Changing them changes what each of its tokens may do; no new token.")
    set_roles(story, '["assistant-user"]')
    ask(story, door, text, expect=403)
    set_roles(story, '["studio-user"]')
    ask(story, door, text, expect=200)
    story.run("kubectl get apicredentials,apitokens", expect="Active")
    story.say("A role that this namespace may not hold is left out, whoever asked for it, and the credential says so.")
    set_roles(story, '["studio-user","admin"]')
    story.run("kubectl wait --for=condition=Ready=false apicredential/invoice-bot --timeout=20s")
    story.run(MESSAGE_OF.format(what="apicredential invoice-bot"), expect="Not allowed in namespace finance: admin")
    set_roles(story, '["studio-user"]')


def _expiring(story: Storyteller) -> None:
    story.chapter("8. A token that expires")
    mint_token(story, "invoice-bot-trial", description="a trial", ttl="5s")
    story.run("kubectl wait --for=jsonpath='{.status.phase}'=Expired apitoken/invoice-bot-trial --timeout=20s")
    story.say("The object stays, so that GitOps has no reason to create it again: that would mint a fresh token.")
    story.run("kubectl get apitokens", expect="Expired")


def _revoked(story: Storyteller, control_plane: ControlPlane, door: Door) -> None:
    story.chapter("9. A token that is revoked")
    mint_token(story, "invoice-bot-laptop", description="somebody's laptop", ttl="24h")
    secret = control_plane.kubectl("get", "secret", "invoice-bot-laptop-token", "--namespace=finance", "--output=json")
    text = base64.b64decode(json.loads(secret.stdout)["data"]["token"]).decode()
    ask(story, door, text, expect=200)
    story.run("""kubectl patch apitoken invoice-bot-laptop --type=merge -p '{"spec":{"revoked":true}}'""")
    ask(story, door, text, expect=401)
    story.run("kubectl wait --for=jsonpath='{.status.phase}'=Revoked apitoken/invoice-bot-laptop --timeout=20s")
    story.say("Its Secret is gone with it. And there is no way back:")
    story.run("kubectl get secret invoice-bot-laptop-token", expect="not found", refused=True)
    story.run(
        """kubectl patch apitoken invoice-bot-laptop --type=merge -p '{"spec":{"revoked":false}}'""",
        expect="revocation is permanent",
        refused=True,
    )
    selection = ("--namespace=finance", "--field-selector=reason=Revoked", "--output=name")
    wait_until(lambda: bool(control_plane.kubectl("get", "events", *selection).stdout), what="the Event is written")
    story.run(EVENTS, expect="Revoked")


def _everything_gone(story: Storyteller) -> None:
    story.chapter("10. The credential deleted, and everything under it")
    story.run("kubectl get apicredentials,apitokens", expect="invoice-bot-ci")
    story.run("kubectl delete apicredential invoice-bot")
    names = " ".join(f"apitoken/invoice-bot-{name}" for name in ("ci", "trial", "laptop"))
    story.run(f"kubectl wait --for=delete {names} --timeout=30s")
    story.run("kubectl get apicredentials,apitokens,secrets", expect="No resources found")


if __name__ == "__main__":
    sys.exit(main())
