"""Rounds of grid administrators: what was said last counts, and what cannot be is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import Actor, Place, Proposal, Role
from demandflow.domain.county.grid.rounds import ROUND, Round, RoundCorrected, Walked
from demandflow.domain.decide import decide
from demandflow.domain.evolve import evolve
from demandflow.domain.fact import Fact
from demandflow.errors import InvalidValue, RuleBroken
from tests.stories import CLERK, DAY, SUPERVISOR, T0, A, B

HOUR = timedelta(hours=1)
G1, G2 = Place("f/c/g1"), Place("f/c/g2")
MOVES: dict[type[Fact], str] = {Walked: "walk", RoundCorrected: "correct_round"}


def told(*facts: Fact, by: Actor = SUPERVISOR) -> Round:
    walk = Round(A)
    for fact in facts:
        proposal = Proposal(MOVES[type(fact)], fact, CLERK if isinstance(fact, Walked) else by, T0)
        walk = evolve(walk, decide(ROUND, walk, proposal), Round)
    return walk


def walked(**more: Any) -> Walked:
    return Walked(**{"grid": G1, "since": T0 - 2 * HOUR, "until": T0 - HOUR, **more})


MOMENTS = st.sampled_from([T0 + hours * HOUR for hours in (-30, -4, -3, -1, 0, 1)])
SAID = st.fixed_dictionaries(
    {},
    optional={
        "grid": st.sampled_from([G1, G2]),
        "since": MOMENTS,
        "until": MOMENTS,
        "minutes": st.sampled_from([0, 30, 60, 120]),
        "found": st.integers(0, 2),
        "demands": st.lists(st.sampled_from([A, B]), max_size=2).map(tuple),
    },
)


@given(SAID, st.lists(SAID, max_size=5), st.booleans())
def test_what_was_said_last_counts_and_is_always_a_round_that_can_be(
    first: dict[str, Any], corrections: list[dict[str, Any]], took_place: bool
) -> None:
    said: dict[str, Any] = {"grid": G1, "since": T0 - 2 * HOUR, "until": T0 - HOUR, "minutes": None, "demands": ()}
    said |= {"found": 0}
    facts: list[Fact] = []
    steps = [walked(**first), *(RoundCorrected(reason="wrong", **fields) for fields in corrections)]
    for fields, fact in zip([first, *corrections], steps, strict=True):
        otherwise = said | fields
        if "demands" in fields and "found" not in fields:
            otherwise["found"] = len(fields["demands"])
        lasted = otherwise["until"] - otherwise["since"]
        right = timedelta(0) <= lasted <= DAY and otherwise["until"] <= T0
        right &= timedelta(minutes=otherwise["minutes"] or 0) <= lasted
        right &= len(set(otherwise["demands"])) == len(otherwise["demands"]) <= otherwise["found"]
        if right and (not facts or otherwise != said):
            facts.append(fact)
            said = otherwise
        else:
            with pytest.raises(RuleBroken):
                told(*facts, fact)
            if not facts:
                return
    walk = told(*facts)
    fields = {"grid": walk.grid, "since": walk.began, "until": walk.until, "minutes": walk.minutes}
    assert said == fields | {"found": walk.found, "demands": walk.demands}
    assert (walk.who, walk.took_place, walk.state) == (CLERK.id, True, "walked")
    if not took_place:
        assert not told(*facts, RoundCorrected(reason="another day", took_place=False)).took_place


def test_nobody_corrects_their_own_round() -> None:
    with pytest.raises(RuleBroken, match="li walked this round and cannot also correct it"):
        told(walked(), RoundCorrected(reason="more", found=3), by=Actor(CLERK.id, Role.SUPERVISOR))


@pytest.mark.parametrize(
    ("fields", "objection"),
    [
        ({"until": T0 + HOUR}, "the round is not over yet; record it afterwards"),
        ({"since": T0 - 2 * DAY}, "a round takes a day at most; record several"),
        ({"since": T0}, "a round begins before it is over; say from when until when it was"),
        ({"minutes": 61}, "the round took 60 minutes, nobody can have walked 61"),
        ({"demands": (A, B), "found": 1}, "2 demands are named, so 1 cannot be all that was found"),
        ({"demands": (A, A)}, "a demand is named twice"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(fields: dict[str, Any], objection: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        told(walked(**fields))
    assert objection in str(refusal.value)


@pytest.mark.parametrize("wrong", [{"minutes": -1}, {"minutes": 1441}, {"found": -1}, {"demands": ("x",)}])
def test_numbers_are_bounded(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        walked(**wrong)


def test_demands_that_are_named_are_what_was_found() -> None:
    assert told(walked(demands=[UUID(int=7)])).found == 1
    assert told(walked(demands=[UUID(int=7)], found=3)).found == 3
    assert told(walked()).found == 0
