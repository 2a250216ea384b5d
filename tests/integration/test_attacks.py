"""x"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.attacks.world import World, opened

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def world(control_plane, pool, tmp_path_factory) -> Iterator[World]:
    pool.stop()
    with opened(control_plane, tmp_path_factory.mktemp("attacks")) as made:
        yield made


def test_t(world: World) -> None:
    for n in (1, 8):
        t = time.time()
        world.furnish(n)
        print(n, time.time() - t)
