"""The laws for streams of other kinds: those of the tests, those of the kit, and what is wrong with an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from msgspec.structs import replace as as_if

from demandflow import CLOSED_LOOP, START, STAY, Actor, Event, Move, Proposal, Stage, State, Workflow
from demandflow.domain.decide import decide
from demandflow.domain.evolve import evolve
from demandflow.domain.stream import Change, Stream
from demandflow.facts import Noted
from demandflow.recording.ids import derived_id
from demandflow.testing import (
    LawBroken,
    Step,
    Tally,
    a_demand,
    as_state_machine,
    as_test_case,
    check,
    given,
    play,
    step,
)
from demandflow.testing.beside import TREES, Planted, Tree, Watered
from tests.laws.kinds import (
    COURSES,
    Announced,
    Course,
    SignedOff,
    SignedUp,
    it_is_not_too_late,
    nobody_signs_up_twice,
    somebody_is_there,
)
from tests.profiles import SHARE, examples
from tests.unit.recording.test_kinds import BENCHES
from tests.unit.recording.test_kinds import TREES as OTHER_TREES

pytestmark = pytest.mark.long

SOME = 8 if SHARE == 1 else 3
FEW: Any = settings(max_examples=SOME, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))
LI, WU, SUN = Actor("li", "member"), Actor("wu", "member"), Actor("sun", "organiser")


@pytest.mark.parametrize("workflow", [COURSES, TREES, OTHER_TREES, BENCHES], ids=str)
def test_the_laws_hold_for_other_kinds(workflow: Workflow) -> None:
    done = check(workflow, max_examples=examples(30))
    made = [done.tally.accepted[move.name] > 0 for move in workflow.moves]
    assert sum(made) > len(made) * 0.6
    assert done.advice == ()


TestCourses = as_test_case(COURSES, max_examples=SOME)


def test_a_state_machine_plays_another_kind() -> None:
    tally = Tally()
    run_state_machine_as_test(as_state_machine(COURSES, tally=tally), settings=FEW)
    assert sum(tally.accepted.values()) >= FEW.max_examples


# an engine that does not do as it should


def without_a_kind(workflow: Workflow, stream: Any, proposal: Any, meta: Any = None) -> Event:
    event = decide(workflow, stream, proposal, meta)
    return as_if(event, stamp=as_if(event.stamp, kind=None))


def with_own_fields_as_before(stream: Any, event: Event) -> Any:
    after = evolve(stream, event)
    own = [name for name in stream.__struct_fields__ if name not in Stream.__struct_fields__]
    return after if stream.KIND is None else as_if(after, **{name: getattr(stream, name) for name in own})


def of_any_kind(stream: Any, kind: Any) -> Any:
    return stream


FAULTS: dict[str, tuple[str, Any]] = {
    "the kind is not stamped": ("demandflow.recording.handling.decide", without_a_kind),
    "ids are alike whatever the kind": (
        "demandflow.recording.registering.derived_id",
        lambda tenant, *names, kind=None: derived_id(tenant, *names),
    ),
    "changes are not applied": ("demandflow.recording.handling.evolve", with_own_fields_as_before),
    "who began it once may begin it otherwise": (
        "demandflow.recording.earlier.Earlier.registered",
        lambda *_, **__: None,
    ),
    "a stream is taken for one of another kind": ("demandflow.commands.of_kind", of_any_kind),
    "what is done to another kind is recorded": ("demandflow.recording.handling.of_kind", of_any_kind),
    "figures count all kinds": ("demandflow.store.following.cursor.of_demands", list),
}


@pytest.mark.usefixtures("as_found")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("workflow", [TREES, CLOSED_LOOP], ids=str)
def test_a_fault_in_the_engine_is_noticed(monkeypatch: pytest.MonkeyPatch, fault: str, workflow: Workflow) -> None:
    monkeypatch.setattr(*FAULTS[fault])
    with pytest.raises(LawBroken):
        check(workflow, max_examples=100)


# a workflow of another kind that is not as it should be


def changed(name: str, **fields: Any) -> Workflow:
    return replace(COURSES, moves=[replace(m, **fields) if m.name == name else m for m in COURSES.moves])


def test_a_forgotten_rule_of_another_kind_is_shown_by_a_test_to_copy() -> None:
    forgotten = changed("sign up", rules=(it_is_not_too_late,))
    with pytest.raises(LawBroken, match="no way round: nobody signs up twice") as caught:
        check(forgotten, rules={"sign up": nobody_signs_up_twice}, max_examples=200)
    assert caught.value.story.count("\n") == 2, "announced, and signed up twice"
    assert "announce demand" in caught.value.story
    names: dict[str, Any] = {"COURSES": forgotten}
    exec(caught.value.test, names)
    test: Callable[[], None] = names["test_no_way_round_nobody_signs_up_twice_at_sign_up"]
    with pytest.raises(AssertionError, match="has signed up already"):
        test()
    names["COURSES"] = COURSES
    test()


def nobody_gives_up(course: Course, proposal: Proposal[Noted]) -> str | None:
    """There are courses that nobody may cancel."""
    return "we go on" if course.places > 1 else None


@pytest.mark.usefixtures("as_found")
def test_a_dead_end_made_by_a_rule_is_found() -> None:
    moves = [replace(m, rules=(nobody_gives_up,)) if m.name in ("cancel", "hold") else m for m in COURSES.moves]
    with pytest.raises(LawBroken, match="nobody can bring it to an end"):
        check(replace(COURSES, moves=moves), max_examples=200)


class Wrong(Stream, frozen=True):
    """A kind that does not expect what its own workflow records."""

    KIND: ClassVar[str | None] = "wrong"
    often: int = 0

    def changes(self, event: Event, change: Change) -> None:
        if self.version > 1:
            change["often"] = self.often + event.fact.often  # type: ignore[attr-defined]


def test_a_kind_that_fails_is_reported() -> None:
    wrong = Workflow(
        "wrong",
        1,
        states=[State("there", Stage.FEEDBACK, owner="clerk"), State("gone", Stage.ENDED, ended_as="closed")],
        moves=[
            Move("begin", Planted, START, "there", by="clerk"),
            Move("go on", Noted, "there", STAY, by="clerk"),
            Move("end", Noted, "there", "gone", by="clerk"),
        ],
        of=Wrong,
    )
    with pytest.raises(LawBroken, match="changes of Wrong, by Noted, raised AttributeError"):
        check(wrong, max_examples=100)


# by hand


def test_steps_of_what_is_known_by_a_word_have_the_number_of_its_beginning() -> None:
    gardener = Actor("li", "gardener")
    steps = [
        Step(1, "plant", Planted(number="7"), gardener),
        Step(1, "water", Watered(litres=5), gardener),
        Step(2, "plant", Planted(number="7"), gardener),
        Step(2, "plant", Planted(number="8"), gardener),
        Step(1, "water", Watered(litres=6), gardener, of=Course),
    ]
    with play(TREES, steps) as played:
        assert played.difference is None
        tree = played.flow.id_of_stream(Tree, "7")
        assert played.flow.stream(Tree, tree).litres == 5
        assert [done.accepted for done in played.done] == [True, True, True, True, False]


def test_a_scenario_of_another_kind() -> None:
    announced = given(Announced(places=1), workflow=COURSES)
    taken = announced.when(SignedUp(), by=LI).then(SignedUp())
    assert (taken.demand.state, taken.demand.there) == ("full", ("li",))
    waits = taken.when(SignedUp(), by=WU).then(SignedUp())
    assert waits.demand.waiting == ("wu",)
    waits.when(SignedUp(), by=WU).refused(match="wu has signed up already")
    moved_up = waits.when(step(SignedOff(), by=LI)).then(SignedOff())
    assert moved_up.demand.there == ("wu",)
    announced.when(Noted(text="…"), move="hold").refused(match="nobody is there")


def test_a_scenario_of_two_kinds() -> None:
    situation = given(Planted(number="7"), step(Watered(litres=3)), workflow=(CLOSED_LOOP, TREES))
    assert [tree.litres for tree in situation.demands] == [3]
    situation.when(Planted(number="7")).nothing()


def test_a_stream_of_another_kind_in_a_state_is_made() -> None:
    held = a_demand(COURSES, "held")
    assert isinstance(held, Course)
    assert held.there
    assert isinstance(held.id, UUID)
    assert somebody_is_there(held, None) is None  # type: ignore[arg-type]
