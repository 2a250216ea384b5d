"""What gateways may ask for, well and badly, of one who holds READER alone: none of it may be answered with 200.

Envoy's client chooses what follows `/-/`: nothing there is a requirement.
"""

from __future__ import annotations

import itertools
from typing import Final

from tests.attacks.attackers import BOSS, READER

__all__ = ["TARGETS"]

_WANTED: Final = f"role={BOSS}"
_QUERIES: Final = (
    f"?{_WANTED}",
    f"?role={READER}&{_WANTED}",
    f"?{_WANTED}&role={READER}",
    f"?{_WANTED}&satisfy=all",
    f"?satisfy=any&{_WANTED}",
    "?satisfy=any",
    "?permission=AccessKubernetes",
    "?permission=AccessKubernetes;x=*",
    # Cut off, or taken apart in another way than the gateway's author meant.
    f"#?{_WANTED}",
    f"?#{_WANTED}",
    f"?role={READER}#&{_WANTED}",
    f"?role={READER}%23&{_WANTED}",
    f"?role={READER}%26{_WANTED}",
    f"?role={READER};{_WANTED}",
    f"?role={BOSS}%00",
    f"?role={READER}\0&{_WANTED}",
    f"?role={READER}%0d%0a&{_WANTED}",
    # Misspelled.
    "?role=%61ttack-boss",
    f"?ROLE={BOSS}",
    f"?role[]={BOSS}",
    f"?roles={BOSS}",
    f"? role={BOSS}",
    f"?role\xa0={BOSS}",
    f"?role={BOSS}\xff",
    "?role=",
    "?role",
    f"?&{_WANTED}",
    f"??{_WANTED}",
    # Another path, or another mark before the query.
    f"\\?{_WANTED}",
    f"/?{_WANTED}",
    f"/../nginx?{_WANTED}",
    f"%3f{_WANTED}",
    f";x?{_WANTED}",
    f"\t?{_WANTED}",
)
_SEGMENTS: Final = (
    f"{_WANTED}/-",
    f"{_WANTED}/-/v1",
    f"{_WANTED}/-/../any/-",
    f"#{_WANTED}/-",
    f"any#/{_WANTED}/-",
    f"any/-#{_WANTED}",
    f"{_WANTED}#/-/v1",
    f"any/{_WANTED}/-/v1",
    f"any%2f-/{_WANTED}/-",
    f"{_WANTED}\\-/any/-",
    f"any\\/{_WANTED}/-/x",
    f"{_WANTED}/../any/-x",
    f"{_WANTED}\xff/-/x",
    f"{_WANTED}\0/-/x",
    "any-/-/x",
    "/-/x",
)

TARGETS: Final = (
    *(f"{path}{query}" for path, query in itertools.product(("/auth/nginx", "/auth/forward"), _QUERIES)),
    *(f"/auth/envoy/{segment}" for segment in _SEGMENTS),
)
"""Request targets, as they go over the wire."""
