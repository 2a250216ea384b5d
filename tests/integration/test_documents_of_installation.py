"""The pages that install, upgrade and uninstall, followed as the others are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.documents.followed_pages import INSTALLING, Followed

if TYPE_CHECKING:
    from tests.support.documents.desk import Desk


@pytest.mark.parametrize("followed", INSTALLING, ids=lambda each: f"{each.page}{list(each.blocks) or ''}")
def test_a_page_s_commands_do_what_it_says(desk: Desk, followed: Followed) -> None:
    desk.follow(followed)

    assert desk.pages
