"""What became of an object that was changed, told once: to a person, or to the program that asked for it."""

from collections.abc import Mapping
from typing import Any

from pharia_access.entrypoints.kubectl.options import Choices
from pharia_access.entrypoints.kubectl.work.render import print_object
from pharia_access.entrypoints.kubectl.work.terminal import say

__all__ = ["called", "tell_outcome"]

Json = Mapping[str, Any]


def tell_outcome(choices: Choices, body: Json, what: str) -> None:
    """`what`: a person's words for it, such as `created`."""
    if choices.for_people:
        say(f"{called(body)} {what}" + (" (dry run)" if choices.dry_run else ""))
    else:
        print_object(body, choices.output)


def called(body: Json) -> str:
    """An object in a sentence: `token ci`."""
    return f"{body['kind'].removeprefix('Api').lower()} {body['metadata']['name']}"
