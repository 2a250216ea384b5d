"""What became of an object that was changed, told once: to a person, or to the program that asked for it."""

from collections.abc import Mapping
from typing import Any

from pharia_access.domain.deletions import being_deleted
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.work.render import print_object
from pharia_access.entrypoints.kubectl.work.terminal import say

__all__ = ["label", "print_result", "tell_deletion"]

Json = Mapping[str, Any]


def print_result(choices: CliOptions, body: Json, what: str) -> None:
    """`what`: a person's words for it, such as `created`."""
    if choices.for_people:
        say(f"{label(body)} {what}" + (" (dry run)" if choices.dry_run else ""))
    else:
        print_object(body, choices.output)


def tell_deletion(choices: CliOptions, before: Json, after: Json | None) -> None:
    """`after`: the object as it still stands once it is deleted; None where it is gone."""
    if after is None:
        print_result(choices, before, "deleted")
        return
    over = "none of its tokens is" if before["kind"] == "ApiCredential" else "is not"
    stands = being_deleted(tuple(after.get("metadata", {}).get("finalizers") or ()))
    print_result(choices, after, f"is being deleted, and {over} accepted from now on. {stands}")


def label(body: Json) -> str:
    """An object in a sentence: `token ci`."""
    return f"{body['kind'].removeprefix('Api').lower()} {body['metadata']['name']}"
