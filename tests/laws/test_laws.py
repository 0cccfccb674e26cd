"""The laws, played by the testing kit: `make laws` plays many more, `make mutants` shows that they bite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from demandflow import (
    CLOSED_LOOP,
    Actor,
    Calendar,
    Channel,
    Demand,
    InvalidValue,
    Place,
    Proposal,
    Workflow,
    closed_loop,
    rules,
    standard_clocks,
)
from demandflow.domain.decide import decide
from demandflow.domain.demand import Round
from demandflow.facts import Corrected, Evaluated, Registered, Stepped
from demandflow.projections.board import own
from demandflow.projections.figures.question import Question
from demandflow.testing import (
    LAWS,
    Checked,
    LawBroken,
    Played,
    Step,
    Tally,
    as_state_machine,
    as_test_case,
    check,
    law_named,
    laws,
    play,
)
from demandflow.testing.checking import hold_by_lot
from demandflow.testing.drawing.drawing import STEPS
from tests.laws.long_runs import no_contracting_without_audit, several
from tests.profiles import SHARE, examples
from tests.small_workflow import yard
from tests.stories import PLAIN

HISTORIES, TRIED, SOME = (100, 0.75, 8) if SHARE == 1 else (15, 0.3, 3)
FEW: Any = settings(max_examples=SOME, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))
STRICT = closed_loop("strict-loop", bound=1, missed_callbacks=1)
OFFICE = Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-12:00 14:00-18:00")
TIMED = closed_loop("timed-loop", clocks=standard_clocks(OFFICE))


def test_no_law_is_broken_in_histories_of_all_kinds() -> None:
    share = several(range(10**6, 10**6 + HISTORIES))
    assert not share.broken, share.broken
    assert share.questions > 5 * share.histories


@pytest.mark.long
def test_all_moves_are_made_and_refused() -> None:
    done = Checked(CLOSED_LOOP)
    for number in range(HISTORIES):
        hold_by_lot(number, CLOSED_LOOP, {}, STEPS, LAWS, done)
    names = {move.name for move in CLOSED_LOOP.moves}
    for counts in (done.tally.accepted, done.tally.refused):
        # chance leaves rare moves out
        assert sum(counts[name] > 0 for name in names) > len(names) * TRIED


@pytest.mark.long
@pytest.mark.parametrize("workflow", [PLAIN, STRICT, TIMED])
def test_the_laws_hold_for_other_workflows(workflow: Workflow) -> None:
    tally = Tally()
    run_state_machine_as_test(as_state_machine(workflow, tally=tally), settings=FEW)
    assert sum(tally.accepted.values()) >= FEW.max_examples
    assert check(workflow, max_examples=examples(20)).histories == examples(20)


TestStrictLoop = as_test_case(STRICT, max_examples=SOME)


def test_a_test_case_has_a_test_for_each_law() -> None:
    names = {name for name in vars(TestStrictLoop) if name.startswith("test_")}
    assert len(names) == len(LAWS)
    assert all(vars(TestStrictLoop)[name].__doc__ for name in names)


def without(rule: Any, workflow: Workflow = CLOSED_LOOP) -> Workflow:
    return replace(
        workflow,
        moves=[replace(move, rules=tuple(one for one in move.rules if one is not rule)) for move in workflow.moves],
    )


@pytest.mark.long
def test_a_forgotten_rule_is_shown_by_the_shortest_story_and_a_test_to_copy() -> None:
    rule = rules.nobody_audits_their_own_demand
    with pytest.raises(LawBroken, match="no way round: nobody audits their own demand") as caught:
        check(without(rule), rules={"accepted": rule}, max_examples=500)
    broken = caught.value
    assert broken.story.count("\n") == 1, "registered and accepted, no more"
    assert "asked for this and cannot also audit it" in str(broken)
    names: dict[str, Any] = {"CLOSED_LOOP": without(rule)}
    exec(broken.test, names)  # the test of the report runs as it stands, and fails in the same way
    test: Callable[[], None] = names["test_no_way_round_nobody_audits_their_own_demand_at_accepted"]
    with pytest.raises(AssertionError, match="cannot also audit it"):
        test()
    names["CLOSED_LOOP"] = CLOSED_LOOP
    test()  # with the rule in place it passes


@pytest.mark.long
def test_rules_are_held_against_steps_of_a_name_a_meaning_or_a_fact() -> None:
    rule = rules.nobody_evaluates_their_own_work
    kept: Any = {"evaluate": rule, "evaluated": [rule], Evaluated: (rule,)}
    assert check(CLOSED_LOOP, rules=kept, max_examples=examples(20)).histories == examples(20)
    assert check(CLOSED_LOOP, rules=[never_objects], max_examples=SOME).histories == SOME
    with pytest.raises(InvalidValue, match="no move is named 'evalute'"):
        check(CLOSED_LOOP, rules={"evalute": rule})
    with pytest.raises(InvalidValue, match="is no rule"):
        check(CLOSED_LOOP, rules=["evaluate"])  # type: ignore[list-item]


def never_objects(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """Anything goes."""
    return None


@pytest.mark.long
def test_a_law_of_ones_own_is_held_as_well() -> None:
    assert check(CLOSED_LOOP, also=[no_contracting_without_audit], max_examples=examples(20)).steps > examples(20)

    def nothing_is_ever_refused(played: Played) -> None:
        """A wish."""
        assert all(done.accepted for done in played.done), "something was refused"

    with pytest.raises(LawBroken, match="nothing is ever refused") as caught:
        check(CLOSED_LOOP, also=[nothing_is_ever_refused])
    assert caught.value.says == "A wish."
    assert caught.value.story.count("\n") <= 1


def test_what_was_tried_is_told() -> None:
    done = check(PLAIN, max_examples=5)
    assert isinstance(done, Checked)
    assert "5 histories" in str(done)
    assert all(one.name in str(done) for one in LAWS)


@pytest.mark.parametrize(
    ("wrongly", "says"),
    [
        (lambda: check("closed-loop"), "must be a Workflow"),  # type: ignore[arg-type]
        (lambda: check(PLAIN, max_examples=0), "must be a whole number from 1"),
        (lambda: check(PLAIN, also=[3]), "must be several functions"),  # type: ignore[list-item]
        (lambda: check(PLAIN, rules=3), "must be several rules"),  # type: ignore[arg-type]
        (lambda: law_named("the identitty"), "possible: a rule answers the same when it is asked again"),
    ],
)
def test_a_wrong_question_is_answered_clearly(wrongly: Callable[[], Any], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        wrongly()


def test_every_law_has_a_name_of_its_own_and_says_what_it_says() -> None:
    assert len({one.name for one in LAWS}) == len(LAWS)
    assert all(one.says.endswith(".") for one in LAWS)
    assert laws(CLOSED_LOOP)[: len(LAWS)] == LAWS


def unadmitted(workflow: Workflow, demand: Demand, proposal: Proposal[Any]) -> Any:
    return decide(without_rules(workflow), demand, proposal)


def without_rules(workflow: Workflow) -> Workflow:
    return replace(workflow, moves=[replace(move, rules=()) for move in workflow.moves])


@pytest.mark.long
@pytest.mark.usefixtures("as_found")
@pytest.mark.parametrize(
    ("where", "fault"),
    [
        ("demandflow.recording.handling.evolve", lambda demand, event: demand),
        ("demandflow.recording.handling.decide", unadmitted),
        ("demandflow.projections.bookkeeping.booked", lambda *_: {}),
        ("demandflow.projections.bookkeeping.booked_by_correction", lambda *_: {}),
        ("demandflow.domain.evolve.Round", lambda: Round(missed_callbacks=3)),
        ("demandflow.domain.evolve.set_part", lambda *_, **__: None),
        ("demandflow.projections.ledger.write", lambda *_: None),
    ],
)
def test_a_fault_in_the_engine_breaks_a_law(monkeypatch: pytest.MonkeyPatch, where: str, fault: Any) -> None:
    monkeypatch.setattr(where, fault)
    with pytest.raises(LawBroken):
        check(CLOSED_LOOP, max_examples=200)


@pytest.mark.long
@pytest.mark.usefixtures("as_found")
def test_an_own_field_of_the_past_that_is_taken_from_now_breaks_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, columns = Question.lines, Question.columns.fget  # type: ignore[attr-defined]

    def of_now(question: Question) -> tuple[str, list[Any]]:
        """The lines of the demands that say so now, whatever they said then."""
        condition, values = lines(replace(question, own=None))
        for says, fields in own.conditions(question.own or {}):
            condition += f" AND demand IN (SELECT unhex(demand) FROM demandflow_board WHERE {says})"
            values += fields
        return condition, values

    monkeypatch.setattr(Question, "lines", of_now)
    monkeypatch.setattr(Question, "columns", property(lambda it: columns(it) | ({"demand"} if it.own else set())))
    with pytest.raises(LawBroken, match="own="):
        check(yard(), max_examples=100)


def test_playing_needs_no_hypothesis_example() -> None:
    with play(PLAIN, ()) as played:
        for one in LAWS:
            one.holds(played)


def test_a_law_asserts_and_does_not_answer() -> None:
    with pytest.raises(InvalidValue, match="must raise AssertionError where it is broken"):
        check(PLAIN, also=[lambda played: "every demand is wrong"], max_examples=1)  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("held", "says"),
    [
        ({Corrected: never_objects}, "no move records Corrected"),
        ({"finish": rules.the_notice_period_is_over}, "call it: the_notice_period_is_over"),
        ({"finish": rules.it_has_not_passed_the_audit}, "must return a sentence or None, it returned True"),
    ],
)
def test_a_rule_that_can_be_held_against_nothing_is_refused(held: Any, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        check(PLAIN, rules=held, max_examples=20)


def test_a_rule_that_raises_is_reported_with_its_place_and_how_far_it_came() -> None:
    def nonsense(demand: Demand, proposal: Proposal[Any]) -> str | None:
        return demand.nonsense if demand.round > 1 else None  # type: ignore[attr-defined]

    moves = [
        replace(move, rules=(*move.rules, nonsense)) if move.name == "accept" else move for move in CLOSED_LOOP.moves
    ]
    with pytest.raises(LawBroken, match=r"nonsense, asked about accept in registered, raised AttributeError") as caught:
        check(replace(CLOSED_LOOP, moves=moves), max_examples=300)
    assert "test_laws.py" in caught.value.problem
    assert "register demand 1" in caught.value.story
    assert "The same as a test" not in str(caught.value)


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (Step(1, "finnish", Stepped(), Actor("li", "clerk")), "did you mean 'finish'"),
        (Step(7, "finish", Stepped(), Actor("li", "clerk")), "demand 7, which no step before registers"),
        ("finish", "must be a Step, Batch"),
    ],
)
def test_a_step_that_tests_nothing_is_not_played(step: Any, says: str) -> None:
    begin = Step(1, "file", Registered(text="x", channel=Channel.HOTLINE, place=Place("f")), Actor("li", "clerk"))
    with pytest.raises(InvalidValue, match=says), play(PLAIN, [begin, step]):
        pass
