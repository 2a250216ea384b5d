"""The story of tokens that the demo tells, chapters 3 to 13: from roles to the end of a credential.

Told on any cluster that has the chart and a verifier to ask: the demo's, and that of the tests with real pods.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from pharia_access.domain import argon2id, token
from tools.control_plane.processes import wait_until
from tools.demo_commands import EVENTS, MESSAGE_OF, TEXT_OF, mint_token, set_roles
from tools.demo_gateway import DemoGateway, ask
from tools.demo_plugin import tell_of_the_plugin
from tools.demo_runner import DemoRunner, StoryError

if TYPE_CHECKING:
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

__all__ = ["tell_of_tokens"]


def tell_of_tokens(story: DemoRunner, control_plane: ControlPlane, demo_gateway: DemoGateway, *, written: Path) -> None:
    """Tell it; `written`: the folder in which no token's text may be found. Raises StoryError."""
    _roles_and_credential(story)
    text = _first_token(story)
    _what_is_kept(story, text, written)
    _asked(story, demo_gateway, text)
    _roles_edited(story, demo_gateway, text)
    _expiring(story)
    _revoked(story, control_plane, demo_gateway)
    tell_of_the_plugin(story, demo_gateway)
    _everything_gone(story)


def _roles_and_credential(story: DemoRunner) -> None:
    story.chapter("3. Roles and a credential")
    story.say(
        "Roles say what somebody may do in PhariaAI. An administrator keeps them. A credential holds roles, and lives "
        "in the namespace of the team that uses it."
    )
    story.run("kubectl apply -f examples/01-roles.yaml", expect="studio-user")
    story.run("kubectl apply -f examples/00-namespace.yaml", expect="namespace/finance")
    story.run("kubectl config set-context --current --namespace finance")
    story.run("kubectl apply -f examples/02-credential.yaml", expect="invoice-bot created")
    story.run("kubectl wait --for=condition=Ready apicredential/invoice-bot --timeout=20s")
    story.run("kubectl get apicredentials", expect="studio-user")


def _first_token(story: DemoRunner) -> str:
    story.chapter("4. A token, shown once")
    mint_token(story, "invoice-bot-ci", description="CI pipeline", ttl="720h")
    story.run("kubectl get apitokens", expect="Active")
    story.say(
        "The token's text is in a Secret that lives for an hour. Read it now or never. (This one is a throw-away: it "
        "dies with this API server, in a minute.)"
    )
    text = story.run(TEXT_OF.format(name="invoice-bot-ci-token"), expect="pharia_")
    story.say("Below, $TOKEN stands for this text.")
    story.say("Whoever has read it deletes the Secret, so that nobody else can. The operator notices.")
    story.run("kubectl delete secret invoice-bot-ci-token")
    story.run("kubectl get secret invoice-bot-ci-token", expect="not found", refused=True)
    story.run("kubectl wait --for=condition=Delivered apitoken/invoice-bot-ci --timeout=20s")
    story.run("kubectl get apitoken invoice-bot-ci -o jsonpath='{.status.delivery.state}'", expect="Collected")
    return text


def _what_is_kept(story: DemoRunner, text: str, written: Path) -> None:
    story.chapter("5. What is kept")
    story.say("Kept is a slow hash (Argon2id), shortened here: good to prove the token, useless to make it.")
    phc = story.run(
        "kubectl get apitoken invoice-bot-ci -o jsonpath='{.status.hash}'",
        expect="$argon2id$",
        trim=lambda said: f"{said[:44]}…",
    )
    if not argon2id.verify_hash(phc, token.parse(text)):
        message = "the hash in the status is not that of the token in the Secret"
        raise StoryError(message)
    story.checked("the token that was read matches this hash")
    searched = [file for file in written.rglob("*") if file.is_file() and not file.is_symlink()]
    found = [str(file) for file in searched if text.encode() in _content(file)]
    if found:
        message = f"the token's text was found in {', '.join(found)}"
        raise StoryError(message)
    story.checked(f"the token is in none of {len(searched)} files: operator log, audit log, etcd's data …")


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:  # a log that was rotated away meanwhile
        return b""


def _asked(story: DemoRunner, demo_gateway: DemoGateway, text: str) -> None:
    story.chapter("6. Is it good, and what may it do?")
    story.say("A gateway asks the verifier before it lets a request pass, here for the role studio-user too.")
    ask(story, demo_gateway, text, expect=200)
    story.say("The same text with another last character is no token:")
    ask(story, demo_gateway, f"{text[:-1]}~", expect=401, shown="${TOKEN%?}~")


def _roles_edited(story: DemoRunner, demo_gateway: DemoGateway, text: str) -> None:
    story.chapter("7. Roles edited")
    story.say("Roles belong to the credential. Changing them changes what each of its tokens may do; no new token.")
    set_roles(story, '["assistant-user"]')
    story.say("The token is good, but it has not the role any more that the gateway asks for:")
    ask(story, demo_gateway, text, expect=403)
    story.say("With the role back, the same request passes again:")
    set_roles(story, '["studio-user"]')
    ask(story, demo_gateway, text, expect=200)
    story.run("kubectl get apicredentials,apitokens", expect="Active")
    story.say("A role that this namespace may not hold is left out, whoever asked for it, and the credential says so.")
    set_roles(story, '["studio-user","admin"]')
    story.run("kubectl wait --for=condition=Ready=false apicredential/invoice-bot --timeout=20s")
    story.run(
        MESSAGE_OF.format(what="apicredential invoice-bot"), expect="ApiRole not allowed in namespace finance: admin"
    )
    set_roles(story, '["studio-user"]')


def _expiring(story: DemoRunner) -> None:
    story.chapter("8. A token that expires")
    mint_token(story, "invoice-bot-trial", description="a trial", ttl="5s")
    story.run("kubectl wait --for=jsonpath='{.status.phase}'=Expired apitoken/invoice-bot-trial --timeout=20s")
    story.say("The object stays, so that GitOps has no reason to create it again: that would mint a fresh token.")
    story.run("kubectl get apitokens", expect="Expired")


def _revoked(story: DemoRunner, control_plane: ControlPlane, demo_gateway: DemoGateway) -> None:
    story.chapter("9. A token that is revoked")
    mint_token(story, "invoice-bot-laptop", description="somebody's laptop", ttl="24h")
    secret = control_plane.kubectl("get", "secret", "invoice-bot-laptop-token", "--namespace=finance", "--output=json")
    text = base64.b64decode(json.loads(secret.stdout)["data"]["token"]).decode()
    story.show(f"LAPTOP=$({TEXT_OF.format(name='invoice-bot-laptop-token')})")
    ask(story, demo_gateway, text, expect=200, shown="$LAPTOP")
    story.say("Revoked, it is refused in the next request:")
    story.run("""kubectl patch apitoken invoice-bot-laptop --type=merge -p '{"spec":{"revoked":true}}'""")
    ask(story, demo_gateway, text, expect=401, shown="$LAPTOP")
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


def _everything_gone(story: DemoRunner) -> None:
    story.chapter("13. The credential deleted, and everything under it")
    names = story.run("kubectl get apitokens -o name", expect="invoice-bot-ci").split()
    story.run("kubectl delete apicredential invoice-bot")
    story.run(f"kubectl wait --for=delete {' '.join(names)} --timeout=30s")
    story.run("kubectl get apicredentials,apitokens,secrets", expect="No resources found")
