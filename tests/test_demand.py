"""A demand is folded from anything that was recorded, and refuses nothing."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import (
    Actor,
    Category,
    Corrected,
    Demand,
    Event,
    Fact,
    Grade,
    InvalidValue,
    Meta,
    Place,
    Stamp,
    UnknownFact,
    evolve,
    fold,
)
from demandflow.domain.events import with_corrections
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.moves import ENDS, MEANINGS
from demandflow.projections.entries import booked
from demandflow.projections.standing import CLOSED, ENDED, RESOLVED, standing
from demandflow.testing.strategies import facts_for
from tests.stories import DAY, T0, A, Story, told


class Weighed(Fact):
    """A fact of a community's own."""

    TOPIC: ClassVar[str] = "market.weighed"
    kilos: int
    note: str | None = None


@st.composite
def any_events(draw: st.DrawFn) -> list[Event]:
    """Events that no workflow would have admitted, in no order, with stamps that say anything."""
    events: list[Event] = []
    demand = Demand(A)
    for _ in range(draw(st.integers(1, 8))):
        kinds: list[type[Fact]] = [*STANDARD_FACTS, Weighed, UnknownFact]
        kind = draw(st.sampled_from(kinds))
        others: dict[type[Fact], Fact] = {
            Weighed: Weighed(kilos=3),
            UnknownFact: UnknownFact(topic="x.y", body="{}"),
            Corrected: Corrected(event=draw(st.integers(-2, 12)), reason="r", resolved=True, grade=Grade.SATISFIED),
        }
        fact: Any = others.get(kind) or draw(facts_for(kind, Demand(A), [UUID(int=9)], T0))
        stamp = Stamp(
            move=draw(st.sampled_from(("accept", "?"))),
            state=draw(st.sampled_from(("registered", "closed", "unheard_of"))),
            stage=draw(st.sampled_from(("audit", "?"))),
            round=draw(st.integers(0, 3)),
            ended_as=draw(st.sampled_from((None, *ENDS, "evaporated"))),
            means=tuple(draw(st.lists(st.sampled_from((*MEANINGS, "unheard_of")), max_size=3))) or None,
            due=draw(st.sampled_from((None, T0))),
            declares=draw(st.sampled_from((None, MEANINGS, ("unheard_of",)))),
        )
        at = T0 + draw(st.integers(-3, 3)) * DAY
        meta = Meta(Actor("li", "clerk"), at, T0, "any@1", draw(st.sampled_from((None, "c"))))
        events.append(Event(A, len(events) + 1, fact, meta, stamp))
        demand = evolve(demand, events[-1])
    return events


@given(any_events())
def test_folding_never_fails_whatever_was_recorded(events: list[Event]) -> None:
    demand = fold(events)
    assert demand is not None
    assert demand.version == len(events)
    assert fold(events) == demand, "folding is a function"
    assert pickle.loads(pickle.dumps(demand)) == demand
    value = standing(demand)
    assert not value & RESOLVED or value & ENDED != CLOSED or demand.resolved, "resolved is said by an evaluation"
    before: Demand | None = None
    for event in with_corrections(events):
        after = evolve(before, event)
        assert sum(amount for one, amount in booked(before, after, event, _day).items() if not one.happening) in (0, 1)
        before = after


def _day(at: datetime) -> int:
    return at.toordinal()


@given(any_events(), st.integers(0, 7))
def test_folding_in_two_parts_is_folding_at_once(events: list[Event], cut: int) -> None:
    assert fold(events[cut:], fold(events[:cut])) == fold(events)


def test_time_does_not_run_backwards_even_where_the_facts_do() -> None:
    story = Story().tell("register")
    late = story.events[0]
    early = Meta(late.meta.actor, T0 - 9 * DAY, T0, late.meta.workflow)
    demand = evolve(story.demand, Event(A, 2, late.fact, early, late.stamp))
    assert demand.last == T0


def test_what_a_community_says_of_its_own_is_kept_and_cannot_be_changed() -> None:
    demand = told("register")
    stamp, meta = Stamp("weigh", "registered", "audit", 1), Meta(Actor("li", "clerk"), T0, T0, "market@1")
    for version, kilos in ((2, 3), (3, 5)):
        demand = evolve(demand, Event(A, version, Weighed(kilos=kilos), meta, stamp))
    assert dict(demand.attributes) == {"kilos": 5}
    with pytest.raises(TypeError):
        demand.attributes["kilos"] = 6  # type: ignore[index]
    with pytest.raises(AttributeError):
        demand.state = "closed"  # type: ignore[misc]
    assert len({demand, demand}) == 1


def test_moments_without_a_zone_never_get_into_an_event() -> None:
    naive, actor = T0.replace(tzinfo=None), Actor("li", "clerk")
    with pytest.raises(InvalidValue, match="time zone"):
        Meta(actor, naive, T0, "w@1")
    with pytest.raises(InvalidValue, match="time zone"):
        Stamp("move", "state", "audit", 1, due=naive)


def test_what_was_asked_evaluated_and_reported_lapses_with_the_round() -> None:
    before = told("register accept contract_out take_on report feed_back")
    after = told("register accept contract_out take_on report feed_back evaluate_unresolved")
    assert (before.asked, before.told, before.reported_resolved, before.round) == (True, True, True, 1)
    assert (after.asked, after.told, after.reported_resolved, after.evaluated, after.round) == (
        False,
        False,
        None,
        False,
        2,
    )
    assert after.handlers == before.handlers, "who handled it stays known"


def test_reopening_takes_the_due_moment_away_and_rework_does_not() -> None:
    for steps, due in {"evaluate_unresolved": T0 + 90 * DAY, "evaluate reopen": None}.items():
        path = "register accept contract_out take_on ask_extension extend report feed_back"
        assert told(f"{path} {steps}").due == due


@pytest.mark.parametrize(
    ("corrections", "field", "value"),
    [
        ([Corrected(event=1, reason="typo", place=Place("b"))], "place", "b"),
        ([Corrected(event=2, reason="typo", place=Place("b"))], "place", "b"),
        ([Corrected(event=1, reason="typo", category=Category("b"))], "category", "住房/维修"),
        ([Corrected(event=4, reason="typo", contractor="x")], "lead", "x"),
        ([Corrected(event=6, reason="typo", resolved=False)], "reported_resolved", False),
        ([Corrected(event=8, reason="typo", resolved=False)], "resolved", False),
        ([Corrected(event=8, reason="a", grade=Grade.DISSATISFIED)], "grade", "dissatisfied"),
        (
            [Corrected(event=1, reason="a", place=Place("b")), Corrected(event=1, reason="b", place=Place("c"))],
            *("place", "c"),
        ),
    ],
)
def test_a_correction_counts_where_nothing_later_says_otherwise(
    corrections: Sequence[Corrected], field: str, value: object
) -> None:
    story = Story().tell("register sort accept contract_out take_on report feed_back evaluate")
    for correction in corrections:
        story.step("correct", correction, Actor("sun", "supervisor"))
    assert getattr(story.demand, field) == value
    right = fold(with_corrections(story.events))
    assert right is not None
    assert getattr(right, field) == value, "as if it had been right at once"


def test_a_correction_of_a_round_that_is_over_changes_nothing_now() -> None:
    path = "register accept contract_out take_on report feed_back evaluate_unresolved"
    story = Story().tell(path)
    story.step(
        "correct", Corrected(event=7, reason="typo", resolved=True, grade=Grade.SATISFIED), Actor("s", "supervisor")
    )
    assert (story.demand.state, story.demand.evaluated, story.demand.grade) == ("accepted", False, None)
