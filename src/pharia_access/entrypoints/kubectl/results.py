"""What became of an object that was changed, told once: to a person, or to the program that asked for it."""

from typing import Any

from pharia_access.domain.administration.stored import Stored
from pharia_access.domain.deletions import being_deleted
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import print_lines
from pharia_access.entrypoints.kubectl.render import print_object

__all__ = ["print_deletion", "print_result"]


def print_result(cli: CliOptions, stored: Stored[Any], what: str) -> None:
    """`what`: a person's words for it, such as `created`."""
    if cli.for_people:
        print_lines(f"{stored.label} {what}" + (" (dry run)" if cli.dry_run else ""))
    else:
        print_object(stored.body, cli.output)


def print_deletion(cli: CliOptions, before: Stored[Any], after: Stored[Any] | None) -> None:
    """`after`: the object as it still stands once it is deleted; None where it is gone."""
    if after is None:
        print_result(cli, before, "deleted")
        return
    over = "its tokens are" if before.body["kind"] == "ApiCredential" else "is"
    stands = being_deleted(after.finalizers)
    print_result(cli, after, f"is being deleted, and {over} refused from now on. {stands}")
