"""Exactly once, whatever happens.

See `tests.support.simulation.simulated_run` for the faults, `judgement` for what must hold. A seed that fails is run
again, with its steps, by `python -m tests.campaigns.exactly_once --first SEED --runs 1 --trace`.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from pharia_access.domain.api_values import OneTimeSecret
from pharia_access.domain.deletions import GONE, Deletion, Held
from pharia_access.domain.lifecycle import token_rules
from pharia_access.domain.lifecycle.decisions import Observed
from pharia_access.domain.model import ObjectKey, Token, TokenStatus
from pharia_access.services.operator.credential_lookup import CredentialLookup
from pharia_access.services.operator.minting import Minting
from tests.support.fakes.cluster import FakeCluster
from tests.support.fakes.store import FakeStore
from tests.support.simulation.simulated_run import simulate

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


RUNS = 400
FAULTY_RUNS = 400
"""In how many runs a fault that was built in must show."""


def test_each_token_is_minted_exactly_once(told: Callable[[str], None]) -> None:
    counts: Counter[str] = Counter()
    broken: dict[int, tuple[str, ...]] = {}
    for seed in range(RUNS):
        outcome = simulate(seed)
        counts.update(outcome.counts)
        if outcome.violations:
            broken[seed] = outcome.violations

    assert broken == {}
    assert min(counts["mints"], counts["crashes"], counts["reads"]) > RUNS / 4, "too little happens"
    told(
        f"exactly once: {counts['runs']} generated runs, {counts['mints']} mints of {counts['tokens']} tokens, "
        f"{counts['crashes']} crashes, {counts['calls']} calls"
    )


def test_a_run_can_be_had_again() -> None:
    assert simulate(7) == simulate(7)


def _name(token: Token) -> ObjectKey:
    return ObjectKey(token.key.namespace, token.spec.secret_name)


async def _replacing(self: Minting, token: Token) -> OneTimeSecret | Held | None:
    """Instead of adopting a Secret, make another one."""
    sighting = await self._secrets.inspect_secret(_name(token))
    if isinstance(sighting, OneTimeSecret):
        await self._secrets.delete_secret(sighting.key, sighting.uid)
    return await _CLAIM(self, token)


async def _believing(self: Minting, token: Token) -> OneTimeSecret | Held | None:
    """Adopt whatever has the name."""
    sighting = await self._secrets.inspect_secret(_name(token))
    return sighting if isinstance(sighting, OneTimeSecret) else await _CLAIM(self, token)


async def _leaving(*_: object) -> None:
    """Leave a Secret where it is."""


async def _lying(*_: object) -> Deletion:
    """The same, and say that it is gone."""
    return GONE


async def _believing_200(self: FakeCluster, key: ObjectKey, uid: str) -> Deletion:
    """Take whatever was deleted for gone."""
    return replace(await _DELETE(self, key, uid), held=None)


def _overwriting(self: FakeStore, token: Token, status: TokenStatus) -> Token:
    """Write without comparing."""
    return _WRITE(self, self.read_token(token.key), status)


async def _believing_the_view(self: CredentialLookup, token: Token) -> Observed:
    """Bind a token to whatever credential was last heard of."""
    known = self._cache.credentials.get(ObjectKey(token.key.namespace, token.spec.credential_name))
    if known is not None and token.status.credential is None:
        return Observed(token, known, self._policy)
    return await _OBSERVE(self, token)


def _barring_nothing(*_: object) -> None:
    """Whatever a credential is: its tokens are usable."""


_CLAIM = Minting._claim
_OBSERVE = CredentialLookup.observe
_DELETE = FakeCluster.delete_secret
_WRITE = FakeStore.write_token_status


@pytest.mark.parametrize(
    ("place", "name", "fault", "first"),
    [
        pytest.param(CredentialLookup, "observe", _believing_the_view, 156, id="a credential that went before"),
        pytest.param(token_rules, "bar", _barring_nothing, 56, id="a condition that says nothing"),
        pytest.param(Minting, "_claim", _replacing, 6, id="a second Secret"),
        pytest.param(Minting, "_claim", _believing, 11, id="another's Secret"),
        pytest.param(Minting, "delete_leftover", _leaving, 5, id="a Secret left behind"),
        pytest.param(FakeStore, "write_token_status", _overwriting, 3, id="a lost update"),
        pytest.param(FakeCluster, "delete_secret", _lying, 2, id="a Secret that stays"),
        pytest.param(FakeCluster, "delete_secret", _believing_200, 49, id="a Secret that is held and called gone"),
    ],
)
def test_the_referee_sees(monkeypatch: pytest.MonkeyPatch, place: object, name: str, fault: object, first: int) -> None:
    """Tries first the seed that showed the fault when this was written."""
    monkeypatch.setattr(place, name, fault)

    assert any(simulate(seed).violations for seed in (first, *range(FAULTY_RUNS)))
