"""The commands of the documents, typed as their readers type them, on a control plane with a node in name only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.documents.console_blocks import Command
from tests.support.documents.desk import adapted
from tests.support.documents.followed_pages import FOLLOWED, Followed

if TYPE_CHECKING:
    from tests.support.documents.desk import Desk

NOTES_READER = Followed("NOTES", replaced=(("NAMESPACE", "finance"), ("USER", "ada")))
MAY_MINT = "kubectl auth can-i create apicredentials.access.pharia.ai --subresource=token"


@pytest.mark.parametrize("followed", FOLLOWED, ids=lambda each: f"{each.page}{list(each.blocks) or ''}")
def test_a_page_s_commands_do_what_it_says(desk: Desk, followed: Followed) -> None:
    desk.follow(followed)

    assert desk.pages


def test_the_steps_of_the_notes_let_a_person_use_a_role_and_mint(desk: Desk) -> None:
    desk.prepare(empty=False)
    noted = desk.release.control_plane.helm("get", "notes", "pharia-access", "--namespace=pharia-access-system").stdout

    with desk.seat() as reader:
        for command in noted_commands(noted):
            reader.follow(adapted(command, NOTES_READER))
        reader.follow(Command("kubectl auth can-i bind apiroles.access.pharia.ai/studio-user -n finance --as ada"))
        reader.follow(Command(f"{MAY_MINT} -n finance --as ada"))


def noted_commands(noted: str) -> list[Command]:
    """What the notes say to type: lines that are set in, and a document; without what is to be asked from a pod."""
    found = re.findall(r"^ {5}(kubectl [^\n]+)$|^(kubectl [^\n]*<<'END'\n.*?^END)$", noted, re.MULTILINE | re.DOTALL)
    return [Command(line or document) for line, document in found]
