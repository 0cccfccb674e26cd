"""A demand is folded from anything that was recorded, and refuses nothing."""

from __future__ import annotations

import inspect
import pickle
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import Actor, Category, Demand, Event, Grade, Meta, Place, Stamp, fold
from demandflow.domain.checks.samples import choices_of
from demandflow.domain.corrections import with_corrections
from demandflow.domain.demand import as_if
from demandflow.domain.evolve import evolve
from demandflow.domain.facts import STANDARD_FACTS, extended
from demandflow.domain.moves import ENDS, MEANINGS
from demandflow.domain.stream import Stream
from demandflow.facts import (
    Accepted,
    ContractedOut,
    Corrected,
    Evaluated,
    Fact,
    Noted,
    Refused,
    Registered,
    Sorted,
    TakenOn,
    UnknownFact,
)
from demandflow.projections.entries import CountedAs, booked, counted_as
from demandflow.projections.standing import CLOSED, ENDED, RESOLVED, standing
from demandflow.testing.strategies import facts_for
from tests.stories import DAY, DISPATCHER, T0, A, Story, told
from tests.unit.rules.scenes import TAKEN_OVER


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
    was: CountedAs | None = None
    for event in with_corrections(events):
        before = evolve(before, event)
        now = counted_as(before, _day)
        assert sum(amount for one, amount in booked(was, now, event, 1).items() if not one.happening) in (0, 1)
        was = now


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
        demand.state = "closed"
    assert len({demand, demand}) == 1


def test_all_that_was_said_at_registration_is_kept() -> None:
    said = {name: next(filter(None, some)) for name, some in choices_of(Registered, everything=True).items()}
    story, fact = Story().tell("register"), Registered(**said)
    demand = evolve(Demand(A), Event(A, 1, fact, story.events[0].meta, story.events[0].stamp))
    del said["due"]  # the stamp says when
    assert {name: getattr(demand, name) for name in said} == said


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


IN_HAND = "register accept contract_out take_on"


@pytest.mark.parametrize(
    ("asked", "settled", "field", "known"),
    [
        ("ask_extension", "extend", "extension_asked", T0 + 90 * DAY),
        ("ask_extension", "recall", "extension_asked", T0 + 90 * DAY),
        ("suspend", "resume", "review", T0 + 60 * DAY),
    ],
)
def test_what_was_asked_for_and_when_to_look_again_is_known_until_it_is_settled(
    asked: str, settled: str, field: str, known: datetime
) -> None:
    assert getattr(told(f"{IN_HAND} {asked}"), field) == known
    assert getattr(told(f"{IN_HAND} {asked} {settled}"), field) is None


def test_who_hands_the_work_back_hands_it_back_for_their_helpers_too() -> None:
    story = Story().tell("register accept")
    story.step("contract_out", ContractedOut(contractor="repair team", co_handlers=("helpers",)), DISPATCHER)
    assert story.demand.co_handlers == ("helpers",)
    story.tell("hand_back")
    assert {name: getattr(story.demand, name) for name in ("contractor", "co_handlers", "handbacks")} == {
        **{"contractor": None, "co_handlers": (), "handbacks": 1},
    }
    assert story.demand.handlers == {"repair team", "helpers", "chen"}, "they all handled it"


def test_what_was_taken_over_is_so_no_longer_once_it_was_reopened() -> None:
    over = told(f"{TAKEN_OVER} report_by_supervisor feed_back evaluate_unresolved")
    assert (over.ended_as, over.taken_over) == ("closed", True)
    assert told(f"{TAKEN_OVER} report_by_supervisor feed_back evaluate_unresolved reopen").taken_over is False


def test_what_was_stored_beyond_what_a_fact_of_ours_says_is_kept_as_ones_own() -> None:
    fact = Noted(text="x")
    object.__setattr__(fact, "__pydantic_extra__", {"metres": 3})  # as it is read
    meta, stamp = Meta(Actor("li", "clerk"), T0, T0, "any@1"), Stamp("note", "registered", "audit", 1)
    assert dict(evolve(told("register"), Event(A, 2, fact, meta, stamp)).attributes) == {"metres": 3}


def test_who_evaluated_is_known_with_their_unit() -> None:
    story = Story().tell("register accept contract_out take_on report feed_back")
    story.step("evaluate", Evaluated(resolved=True, grade=Grade.SATISFIED), Actor("张三", "resident", "home"))
    assert story.demand.evaluators == {"张三", "home"}


def test_all_who_audited_it_are_known_with_their_units() -> None:
    story = Story().tell("register")
    story.step("accept", Accepted(), Actor("wang", "auditor", "office"))
    story.tell("withdraw reopen contract_out hand_back")
    story.step("refuse", Refused(code="x", words="y"), DISPATCHER)
    story.tell("appeal")
    story.step("accept", Accepted(), Actor("sun", "auditor"))
    assert story.demand.auditors == {"wang", "office", "sun"}


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
        ([Corrected(event=8, reason="typo", resolved=False, confirmed_by="张三")], "resolved", False),
        ([Corrected(event=8, reason="a", grade=Grade.DISSATISFIED, confirmed_by="张三")], "grade", "dissatisfied"),
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
    opposite = Corrected(event=7, reason="typo", resolved=True, grade=Grade.SATISFIED, confirmed_by="张三")
    story.step("correct", opposite, Actor("s", "supervisor"))
    assert (story.demand.state, story.demand.evaluated, story.demand.grade) == ("accepted", False, None)


@pytest.mark.parametrize("event", [0, 2, 3, 9])
def test_a_correction_of_itself_or_of_what_is_not_there_yet_corrects_nothing(event: int) -> None:
    story = Story().tell("register")
    late = Corrected(event=event, reason="typo", place=Place("b"), resolved=True)
    for correction in (late, Corrected(event=1, reason="r")):
        meta, stamp = story.events[0].meta, story.events[0].stamp
        story.events.append(Event(A, len(story.events) + 1, correction, meta, stamp))
    right = with_corrections(story.events)
    assert right[0] == story.events[0]
    assert [one.version for one in right] == [1, 2, 3]
    assert right[1].fact == Corrected(event=event, reason="typo"), "it stays, without what it would replace"


def test_a_correction_replaces_only_what_an_event_of_that_kind_says() -> None:
    story = Story().tell("register accept contract_out take_on report feed_back evaluate")
    wrong: dict[str, Any] = {"place": Place("b"), "contractor": "x", "resolved": False, "grade": Grade.DISSATISFIED}
    meta, stamp = story.events[0].meta, story.events[0].stamp
    said = {1: ("place",), 2: (), 3: ("contractor",), 5: ("resolved",), 7: ("resolved", "grade")}
    for event, replaced in said.items():
        correction = Event(A, 8, Corrected(event=event, reason="r", **wrong), meta, stamp)
        right = with_corrections([*story.events, correction])
        fact = story.events[event - 1].fact
        assert right[event - 1].fact == fact.model_copy(update={name: wrong[name] for name in replaced})
        assert [one for one in right[:7] if one.version != event] == [
            one for one in story.events if one.version != event
        ]


def test_the_latest_moments_of_happening_and_of_recording_are_kept_each_for_itself() -> None:
    story = Story().tell("register accept")
    event = story.events[1]
    for days in (-3, 5, 2):
        meta = Meta(event.meta.actor, T0 + days * DAY, T0 + 2 * days * DAY, event.meta.workflow)
        story.demand = evolve(story.demand, Event(A, story.demand.version + 1, event.fact, meta, event.stamp))
    assert (story.demand.last, story.demand.recorded) == (T0 + 5 * DAY, T0 + 10 * DAY)
    assert story.demand.since == T0 + DAY, "it stands where it stood since then"


def test_what_is_of_one_round_only_lapses_with_it_and_nothing_else() -> None:
    story = Story().tell("register_anonymous accept contract_out take_on ask_extension escalate report notify")
    before = story.demand
    assert (before.told_at, before.escalated, before.extension_asked) == (T0 + 7 * DAY, True, T0 + 90 * DAY)
    last = story.events[-1]
    again = Stamp("again", "accepted", "contracting", before.round + 1, means=("reworked",))
    meta = Meta(last.meta.actor, story.now, story.now, last.meta.workflow)
    after = evolve(before, Event(A, before.version + 1, Evaluated(resolved=False, grade=Grade.SATISFIED), meta, again))
    assert (after.told, after.told_at, after.asked, after.escalated, after.extension_asked) == (
        False,
        None,
        False,
        False,
        None,
    )
    assert (after.evaluated, after.resolved, after.grade, after.this_round.evaluation_from) == (False, None, None, 0)
    assert (after.reported_resolved, after.this_round.report_from, after.missed_callbacks) == (None, 0, 0)
    assert (after.audited, after.lead, after.text, after.came_from) == (True, before.lead, before.text, before.state)
    audit = as_if(again, stage="audit")
    assert not evolve(before, Event(A, before.version + 1, last.fact, meta, audit)).audited, "it is audited again"


def test_who_does_the_contractor_s_work_for_them_has_worked_on_it_and_no_one_else() -> None:
    story = Story().tell("register accept contract_out")
    meta, stamp = story.events[-1].meta, story.events[-1].stamp
    for by, worked in {
        Actor("chen", "contractor", "repair team"): True,
        Actor("repair team", "contractor"): True,
        Actor("he", "contractor", "helpers"): True,
        Actor("li", "grid_administrator", "office"): False,
    }.items():
        with_helpers = ContractedOut(contractor="repair team", co_handlers=("helpers",))
        demand = evolve(story.demand, Event(A, 4, with_helpers, meta, stamp))
        after = evolve(demand, Event(A, 5, TakenOn(), as_if(meta, actor=by), stamp))
        assert (by.id in after.workers) == worked
        assert after.handlers == {"repair team", "helpers"} | ({by.id} if worked else set())


@pytest.mark.parametrize(
    ("steps", "event", "contracts", "lead", "contractor"),
    [
        ("", 3, ((3, "x"),), "x", "x"),
        ("hand_back", 3, ((3, "x"),), "x", None),
        ("recall", 3, ((3, "x"), (4, "power company")), "power company", "power company"),
        ("recall", 4, ((3, "repair team"), (4, "x")), "x", "x"),
        ("recall", 2, ((3, "repair team"), (4, "power company")), "power company", "power company"),
    ],
)
def test_a_corrected_contractor_is_the_one_who_had_that_contract_and_no_other(
    steps: str, event: int, contracts: Any, lead: str, contractor: str | None
) -> None:
    story = Story().tell(f"register accept contract_out {steps}")
    fact, last = Corrected(event=event, reason="typo", contractor="x"), story.events[-1]
    demand = evolve(story.demand, Event(A, story.demand.version + 1, fact, last.meta, last.stamp))
    assert (demand.contracts, demand.lead, demand.contractor) == (contracts, lead, contractor)


@pytest.mark.parametrize("sorted_", [Sorted(place=Place("x")), Sorted(category=Category("x"))])
def test_the_correction_of_an_earlier_event_does_not_undo_that_of_a_later_one(sorted_: Sorted) -> None:
    story = Story().tell("register")
    story.step("sort", sorted_, Actor("wang", "auditor"))
    last = story.events[-1]
    for event, name in ((1, "a"), (2, "b"), (1, "c"), (2, "d"), (1, "e")):
        fact = Corrected(event=event, reason="typo", place=Place(name), category=Category(name))
        story.demand = evolve(story.demand, Event(A, story.demand.version + 1, fact, last.meta, last.stamp))
    assert (story.demand.place, story.demand.subject.place_from) == ("d", 2)
    assert (story.demand.category, story.demand.subject.category_from) == ("d", 2)


def test_a_class_of_a_community_s_own_extends_the_nearest_of_ours() -> None:
    class Scored(Evaluated):
        """An evaluation with a score."""

        TOPIC: ClassVar[str] = "tests.scored_at_once"

    class Counted(Scored):
        """One more."""

        TOPIC: ClassVar[str] = "tests.counted"

    assert (extended(Scored), extended(Counted), extended(Weighed), extended(Evaluated)) == (
        *(Evaluated, Evaluated, None, None),
    )


PARTS = ("subject", "work", "this_round", "stamp")
NAMES = {name for part in PARTS for name in getattr(Demand(A), part).__struct_fields__} | {*Demand.__struct_fields__}


@pytest.mark.parametrize("name", sorted(NAMES - {"id", *PARTS}))
def test_a_field_is_otherwise_where_it_is_held_and_nothing_else_is(name: str) -> None:
    demand, other = told("register accept contract_out take_on report"), object()
    changed = as_if(demand, **{name: other})
    holders = [it for it in (changed, *(getattr(changed, part) for part in PARTS)) if name in it.__struct_fields__]
    assert getattr(holders[0], name) is other, "its own comes before that of a part"
    if hasattr(type(demand), name):
        assert getattr(changed, name) is other
    assert as_if(changed, **{name: getattr(next(holds(demand, name)), name)}) == demand


def holds(demand: Demand, name: str) -> Iterator[Any]:
    """What of a demand holds this field: itself, or one of its parts."""
    return (it for it in (demand, *(getattr(demand, part) for part in PARTS)) if name in it.__struct_fields__)


def test_a_short_name_says_of_which_kind_what_it_reads_is() -> None:
    """No type checker looks at the path."""
    source = Path(inspect.getfile(Demand)).read_text(encoding="utf-8")
    source += Path(inspect.getfile(Stream)).read_text(encoding="utf-8")
    names = re.findall(r'^    (\w+) = reads\[(.+)\]\("(\w+)\.(\w+)"\)$', source, re.MULTILINE)
    assert len(names) > 30
    for name, kind, part, field in names:
        annotations = type(getattr(Demand(A), part)).__annotations__
        assert (name, kind.replace("Moment", "datetime")) == (field, annotations[field].replace("Moment", "datetime"))
