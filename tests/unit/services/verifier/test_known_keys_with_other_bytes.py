"""Another key under an ID that tokens name: no good token is refused for it, and no forgery costs without bound."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.keyring import Keyring, MacKey
from pharia_access.domain.token import TokenText, mint
from pharia_access.domain.verdict import RULES
from pharia_access.services.verifier.hash_verifier import HashVerifier, HashVerifierLimits
from pharia_access.services.verifier.verifier import Denied, Verifier
from tests.support.verifier.verifier_server import VerifierServer

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY_ID = "main"


def keyring(*, current: str = KEY_ID, **keys: bytes) -> Keyring:
    made = {key_id: MacKey(key_id, secret) for key_id, secret in keys.items()}
    return Keyring(made[current], made)


OLD, NEW, THIRD = (secrets.token_bytes(32) for _ in range(3))
BEFORE, CHANGED = keyring(main=OLD), keyring(main=NEW)
ROTATED = keyring(current="k2", main=NEW, k2=THIRD)


class House:
    """A verifier that may be started anew, and an operator that mints by the keyring of the day."""

    def __init__(self, *, fingerprints: bool) -> None:
        self.fingerprints = fingerprints
        self.proofs = 0
        self.server = VerifierServer(keyring=False)
        self.restart(None)

    def restart(self, ring: Keyring | None, limits: HashVerifierLimits | None = None) -> None:
        self.server.hash_verifier.close()
        self.server.hash_verifier = HashVerifier(self._matches, limits or HashVerifierLimits())
        self.server.verifier = Verifier(
            index=self.server.index,
            freshness=self.server.freshness,
            hash_verifier=self.server.hash_verifier,
            boottime=lambda: self.server.boottime,
            now=lambda _boottime: self.server.now,
            rules=RULES,
            own_key=secrets.token_bytes(32),
        )
        for name in list(self.server.index._tokens):
            self.server.index._tokens[name].own_mac = None
        self.server.verifier.use_keyring(ring)

    def mint(self, name: str, ring: Keyring) -> TokenText:
        self.server.keyring = ring
        named = {} if self.fingerprints else {"mac_key_id": ring.current.key_id}
        return self.server.issue(name, **named)  # type: ignore[arg-type] # a change of the record

    async def ask(self, text: TokenText) -> str:
        found = await self.server.verifier.verify(text.reveal().encode())
        return found.refusal.value if isinstance(found, Denied) else type(found).__name__

    def _matches(self, phc: str, text: TokenText) -> bool:
        self.proofs += 1
        return verify_hash(phc, text)


def forged(text: TokenText) -> TokenText:
    """Another text with the same ID, which is well-formed."""
    of_the_id = base64.b32decode(text.token_id.upper())
    return mint("pharia", lambda count: of_the_id if count == len(of_the_id) else secrets.token_bytes(count))


@pytest.fixture(params=[True, False], ids=["fingerprints", "minted before fingerprints"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    made = House(fingerprints=request.param)
    yield made
    made.server.hash_verifier.close()


@pytest.mark.parametrize("cold", [True, False], ids=["a process that starts", "one that runs"])
@pytest.mark.parametrize(
    "rings",
    [
        pytest.param([CHANGED], id="other bytes"),
        pytest.param([CHANGED, BEFORE], id="put back"),
        pytest.param([CHANGED, ROTATED], id="rotated meanwhile"),
        pytest.param([None, CHANGED], id="gone, then another"),
    ],
)
@pytest.mark.parametrize("mints_between", [True, False], ids=["minted in between", "not minted"])
@pytest.mark.parametrize("used", [True, False], ids=["used before", "never used"])
async def test_good_tokens_stay_good_and_forged_ones_bad(
    house: House, *, cold: bool, rings: list[Keyring | None], mints_between: bool, used: bool
) -> None:
    house.server.verifier.use_keyring(BEFORE)
    good = [house.mint("first", BEFORE), house.mint("second", BEFORE)]
    if used:
        assert [await house.ask(text) for text in good] == ["Allowed"] * 2

    seen = Counter[str]()
    for number, ring in enumerate(rings):
        if cold:
            house.restart(ring)
        house.server.verifier.use_keyring(ring)
        if mints_between and ring is not None:
            good.append(house.mint(f"later{number}", ring))
        for text in good:
            assert await house.ask(forged(text)) == "wrong-secret"
            seen[await house.ask(text)] += 1
            assert await house.ask(forged(text)) == "wrong-secret"

    assert set(seen) == {"Allowed"}


async def test_forgeries_of_tokens_with_a_fingerprint_cost_no_slow_hash() -> None:
    house = House(fingerprints=True)
    house.server.verifier.use_keyring(BEFORE)
    text = house.mint("ci", BEFORE)

    assert {await house.ask(forged(text)) for _ in range(100)} == {"wrong-secret"}
    assert house.proofs == 0
    house.server.hash_verifier.close()


async def test_forgeries_of_a_token_of_old_cost_none_once_it_was_used() -> None:
    house = House(fingerprints=False)
    house.server.verifier.use_keyring(BEFORE)
    text = house.mint("ci", BEFORE)
    assert await house.ask(text) == "Allowed"

    assert {await house.ask(forged(text)) for _ in range(100)} == {"wrong-secret"}
    assert house.proofs == 0
    house.server.hash_verifier.close()


async def test_many_forgeries_of_old_tokens_leave_room_for_tokens_without_a_key() -> None:
    """Half of what may wait, and one of each ID: the rest is answered at once, and waits for nothing."""
    house = House(fingerprints=False)
    house.restart(BEFORE, HashVerifierLimits(waiting=8))
    old = [house.mint(f"t{number}", BEFORE) for number in range(20)]
    cold = house.mint("cold", keyring(current="k9", k9=THIRD))

    flood = [asyncio.ensure_future(house.ask(forged(text))) for text in old for _ in range(5)]
    await asyncio.sleep(0)
    assert house.server.hash_verifier.waiting <= 4
    assert await house.ask(cold) == "Allowed"

    assert Counter(await asyncio.gather(*flood)).keys() <= {"wrong-secret", "overloaded"}
    assert house.proofs <= 20
    assert [await house.ask(text) for text in old] == ["Allowed"] * 20
    house.server.hash_verifier.close()


async def test_another_key_under_a_known_id_is_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    house = House(fingerprints=True)
    texts = [house.mint(f"t{number}", BEFORE) for number in range(3)]
    house.server.verifier.use_keyring(CHANGED)
    assert house.server.verifier.known_keys.replaced == 0

    assert {await house.ask(text) for text in texts} == {"Allowed"}

    assert house.server.verifier.known_keys.replaced == 1
    assert [vars(record)["key"] for record in caplog.records] == [KEY_ID]
    house.server.verifier.use_keyring(BEFORE)
    assert house.server.verifier.known_keys.replaced == 0
    house.server.hash_verifier.close()


def test_a_fingerprint_tells_keys_apart_and_no_text_has_it_for_its_digest() -> None:
    key = MacKey("main", bytes(range(32)))

    assert key.fingerprint == MacKey("other", bytes(range(32))).fingerprint
    assert key.fingerprint != MacKey("main", bytes(32)).fingerprint
    assert len(key.fingerprint) == 16
    assert Keyring.fresh(secrets.token_bytes, datetime(2026, 1, 1, tzinfo=UTC)).current.reference.count(".") == 1
