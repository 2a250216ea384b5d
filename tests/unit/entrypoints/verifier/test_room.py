"""Who has a place among a verifier's connections, and who makes room."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.entrypoints.verifier.limits import Closed
from pharia_access.entrypoints.verifier.room import Room


@dataclass(eq=False, slots=True)
class Guest:
    turned_out: int = 0
    kept: bool = False

    def turn_out(self) -> None:
        self.turned_out += 1


@dataclass(slots=True)
class Party:
    """A room, and who came."""

    places: int
    told: list[Closed] = field(default_factory=list)
    guests: list[Guest] = field(default_factory=list)
    room: Room = field(init=False)

    def __post_init__(self) -> None:
        self.room = Room(self.places, closed=self.told.append)

    def enter(self, *, shows_a_token: bool = False) -> Guest:
        guest = Guest()
        self.guests.append(guest)
        self.room.enter(guest)
        guest.kept = shows_a_token and self.room.keep(guest)
        return guest


def test_while_there_are_places_nobody_makes_room() -> None:
    party = Party(32)
    for _ in range(32):
        party.enter()

    assert ([guest.turned_out for guest in party.guests], party.told) == ([0] * 32, [])


def test_the_oldest_that_never_showed_an_accepted_token_makes_room() -> None:
    party = Party(32)
    first, second = party.enter(shows_a_token=True), party.enter()
    for _ in range(31):
        party.enter()

    assert (first.turned_out, second.turned_out, len(party.room)) == (0, 1, 32)
    assert party.told == [Closed.CROWDED_OUT]


def test_a_token_that_is_shown_late_keeps_the_place() -> None:
    party = Party(32)
    guest = party.enter()
    for _ in range(31):
        party.enter()

    assert party.room.keep(guest)
    party.enter()
    assert guest.turned_out == 0


def test_who_was_turned_out_is_kept_no_more() -> None:
    party = Party(16)
    guest = party.enter()
    for _ in range(16):
        party.enter()

    assert (guest.turned_out, party.room.keep(guest), len(party.room)) == (1, False, 16)


@pytest.mark.parametrize(("places", "kept"), [(16, 15), (64, 60), (4096, 3840), (1, 0)])
def test_one_place_in_sixteen_is_for_those_who_have_yet_to_show_a_token(places: int, kept: int) -> None:
    party = Party(places)
    stay = [party.enter(shows_a_token=True).kept for _ in range(places)]

    assert stay == [True] * kept + [False] * (places - kept)
    assert party.told == [Closed.NOT_KEPT] * (places - kept)


def test_who_leaves_gives_its_place_back() -> None:
    party = Party(16)
    kept = [party.enter(shows_a_token=True) for _ in range(15)]
    new = party.enter()
    for guest in (kept[0], new, new):
        party.room.leave(guest)

    assert len(party.room) == 14
    assert party.enter(shows_a_token=True).kept
    assert party.told == []


def test_beyond_the_most_handshakes_the_oldest_of_them_makes_room() -> None:
    told: list[Closed] = []
    room = Room(32, handshakes=2, closed=told.append)
    stranger, ended, *shaking = (Guest() for _ in range(5))
    room.enter(stranger)
    room.enter(ended, shakes_hands=True)
    room.end_handshake(ended)
    for guest in shaking:
        room.enter(guest, shakes_hands=True)

    assert [one.turned_out for one in (stranger, ended, *shaking)] == [0, 0, 1, 0, 0]
    assert (told, len(room)) == ([Closed.CROWDED_OUT], 4)


def test_a_handshake_whose_client_goes_counts_no_more() -> None:
    room = Room(32, handshakes=2)
    guests = [Guest() for _ in range(3)]
    room.enter(guests[0], shakes_hands=True)
    room.leave(guests[0])
    for guest in guests[1:]:
        room.enter(guest, shakes_hands=True)

    assert [guest.turned_out for guest in guests] == [0, 0, 0]


@given(st.lists(st.sampled_from(["enter", "shake", "speak", "leave"]), max_size=120), st.integers(1, 20))
def test_one_makes_room_at_most_for_each_that_comes_and_few_handshakes_go_on(moves: list[str], most: int) -> None:
    room = Room(8, handshakes=most)
    there: list[Guest] = []
    shaking: list[Guest] = []
    for move in moves:
        if move in {"enter", "shake"}:
            there.append(Guest())
            shaking += there[-1:] if move == "shake" else []
            room.enter(there[-1], shakes_hands=move == "shake")
        elif there:
            guest = (shaking or there)[0]
            (room.end_handshake if move == "speak" else room.leave)(guest)
            shaking = [one for one in shaking if one is not guest]
            there = [one for one in there if move == "speak" or one is not guest]
        out = [one for one in there if one.turned_out]
        there, shaking = ([one for one in some if not one.turned_out] for some in (there, shaking))

        assert len(out) <= 1
        assert len(room) == len(there) <= 8
        assert len(shaking) <= most


@given(st.lists(st.sampled_from(["enter", "show", "leave"]), max_size=120), st.randoms(use_true_random=False))
def test_whatever_happens_there_are_places_for_newcomers_and_nobody_with_a_token_makes_room(
    moves: list[str], random: object
) -> None:
    party = Party(16)
    open_: list[Guest] = []
    for move in moves:
        if move == "enter" or not open_:
            open_.append(party.enter())
        guest = random.choice(open_)  # type: ignore[attr-defined] # a random.Random
        if move == "show":
            guest.kept = party.room.keep(guest)
        if move == "leave":
            party.room.leave(guest)
            open_.remove(guest)
        turned_out = [one for one in open_ if one.turned_out]
        open_ = [one for one in open_ if not one.turned_out]

        assert len(party.room) == len(open_) <= 16
        assert not any(one.kept for one in turned_out)
        assert sum(one.kept for one in open_) <= 15
        if move == "enter":
            assert party.guests[-1] in open_ or party.guests[-1] is guest
