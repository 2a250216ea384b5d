"""The pages that install, upgrade and uninstall, followed as the others are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.documents.desk import Desk, open_desk
from tests.support.documents.followed_pages import INSTALLING, Followed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("documents")) as opened:
        yield opened


@pytest.mark.parametrize("followed", INSTALLING, ids=lambda each: f"{each.page}{list(each.blocks) or ''}")
def test_a_page_s_commands_do_what_it_says(desk: Desk, followed: Followed) -> None:
    desk.follow(followed)

    assert desk.pages
