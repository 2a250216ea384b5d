"""The demo's chapters 10 to 12, by `kubectl access`: a leak found and ended, a rotation, a suspension."""

from __future__ import annotations

import re

from tools.demo_gateway import DemoGateway, ask
from tools.demo_runner import DemoRunner, StoryError

__all__ = ["tell_of_the_plugin"]

_TOKEN = re.compile(r"^pharia_[a-z2-7]{16}_\w+$", re.MULTILINE)
_ID = slice(len("pharia_"), len("pharia_") + 16)


def tell_of_the_plugin(story: DemoRunner, demo_gateway: DemoGateway) -> None:
    """Tell them; the credential invoice-bot is there. Raises StoryError."""
    _leaked(story, demo_gateway)
    text = _rotated(story, demo_gateway)
    _suspended(story, demo_gateway, text)


def _leaked(story: DemoRunner, demo_gateway: DemoGateway) -> None:
    story.chapter("10. A leak, found and ended")
    story.say("kubectl access creates a token, waits, prints the text once, and deletes its Secret, in one command:")
    text = _text(story.run("kubectl access token create invoice-bot --name invoice-bot-nightly --expires 30d"))
    ask(story, demo_gateway, text, expect=200, shown="$NIGHTLY")
    story.say("A line of somebody's log holds a piece of it. Whose is it, and what can it do?")
    line = f"GET /reports 500 token=pharia_{text[_ID]}_..."
    story.run(f"echo '{line}' | kubectl access token whois --stdin", expect="invoice-bot-nightly")
    story.run("kubectl access token revoke invoice-bot-nightly --yes", expect="revoked")
    story.say("From the next request on, the leaked text is worth nothing:")
    ask(story, demo_gateway, text, expect=401, shown="$NIGHTLY")


def _rotated(story: DemoRunner, demo_gateway: DemoGateway) -> str:
    story.chapter("11. A rotation with an overlap")
    old = _text(story.run("kubectl access token create invoice-bot --name invoice-bot-app --expires 30d"))
    story.say("The new token has the credential, the description and the lifetime of the old one, which ends in a day:")
    new = _text(story.run("kubectl access token rotate invoice-bot-app --overlap 24h --yes"))
    story.say("Until then both pass, and the workload moves from $OLD to $NEW without a gap:")
    ask(story, demo_gateway, old, expect=200, shown="$OLD")
    ask(story, demo_gateway, new, expect=200, shown="$NEW")
    story.run("kubectl access token list", expect="invoice-bot-app")
    return new


def _suspended(story: DemoRunner, demo_gateway: DemoGateway, text: str) -> None:
    story.chapter("12. A credential suspended, and resumed")
    story.say("In doubt, suspend the credential: all its tokens are refused, and nothing is lost.")
    story.run("kubectl access credential suspend invoice-bot --yes", expect="suspended")
    ask(story, demo_gateway, text, expect=401, shown="$NEW")
    story.say("Resumed, they pass again:")
    story.run("kubectl access credential resume invoice-bot")
    ask(story, demo_gateway, text, expect=200, shown="$NEW")
    story.say("All this is there in a browser, too: `make up`, then `make console`.")


def _text(said: str) -> str:
    """The token's text, which is a line of its own. Raises StoryError."""
    found = _TOKEN.search(said)
    if not found:
        message = "the command should have printed a token on a line of its own"
        raise StoryError(message)
    return found[0]
