"""A workflow is checked when it is built, and asked ever after."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field

from demandflow import (
    ANYWHERE,
    BACK,
    CLOSED_LOOP,
    START,
    STAY,
    Actor,
    Demand,
    Grade,
    InvalidValue,
    InvalidWorkflow,
    Move,
    MoveNotAllowed,
    Proposal,
    RoleNotAllowed,
    RuleBroken,
    Stage,
    State,
    Workflow,
    closed_loop,
    rules,
)
from demandflow.domain.checks.samples import variants
from demandflow.domain.decide import decide
from demandflow.domain.demand import as_if
from demandflow.domain.rules.book import it_has_not_passed_the_audit
from demandflow.errors import WorkflowAdvice
from demandflow.facts import Accepted, Evaluated, Fact, Merged, Noted, Refused, Registered, Reported, Stepped, TookIn
from tests.stories import AUDITOR, CLERK, T0, A, Story, told


class Ours(Fact):
    """A fact whose name is taken."""

    TOPIC: ClassVar[str] = "demand.noted"


class Prefixed(Fact):
    """A fact that borrows our prefix."""

    TOPIC: ClassVar[str] = "demand.prefixed"


class Numbered(Fact):
    """A fact with a number for a name."""

    TOPIC: ClassVar[Any] = 3


class Nameless(Fact):
    """A fact without a name."""


wrongly: Any = replace
OPEN, WAITING = State("open", Stage.AUDIT, owner="clerk"), State("waiting", Stage.FEEDBACK, owner="clerk")
DONE = State("done", Stage.ENDED, ended_as="closed")
FILE = Move("file", Registered, START, "open", by="clerk")
FINISH = Move("finish", Stepped, "open", "done", by="clerk")


def build(*moves: Move, states: tuple[State, ...] = (OPEN, DONE)) -> Workflow:
    return Workflow("small", 1, states, moves)


@pytest.mark.parametrize(
    ("states", "moves", "says"),
    [
        ((OPEN, OPEN, DONE), (FILE, FINISH), "declared 2 times"),
        ((OPEN, DONE, State(" ", Stage.AUDIT)), (FILE, FINISH), "without blanks"),
        ((OPEN, DONE), (FILE, replace(FINISH, to="dome")), "'dome' that is not declared"),
        ((OPEN, DONE), (FILE, replace(FINISH, from_="opne")), "'opne' that is not declared"),
        ((OPEN, replace(DONE, ended_as="finished")), (FILE, FINISH), "say one of closed"),
        ((OPEN, replace(DONE, ended_as=None)), (FILE, FINISH), "go together"),
        ((OPEN, DONE), (FILE, replace(FINISH, means="happy")), "say some of accepted"),
        ((OPEN, DONE), (FILE, replace(FINISH, by=())), "made by nobody"),
        ((OPEN, DONE), (FINISH,), "no move registers"),
        ((OPEN, DONE), (replace(FILE, fact=Noted), FINISH), "use Registered"),
        ((OPEN, DONE), (replace(FILE, to=STAY), FINISH), "leads to no state"),
        ((OPEN, DONE), (FILE, replace(FILE, name="import"), FINISH), "both start with Registered"),
        ((OPEN, DONE), (FILE, replace(FINISH, fact=Registered)), "is registered already"),
        ((OPEN, DONE), (FILE, replace(FINISH, means="evaluated")), "use Evaluated or a subclass"),
        ((OPEN, DONE), (FILE, replace(FINISH, means="reported")), "use Reported or a subclass"),
        ((OPEN, DONE), (FILE, FINISH, Move("merge", Merged, "open", "done", by="clerk")), "add one with TookIn"),
        ((State("open", "audit"), DONE), (FILE, FINISH), "say a Stage"),  # type: ignore[arg-type]
        (("open", DONE), (FILE, FINISH), "is no State"),
        ((State("open", Stage.AUDIT, owner=["x"]), DONE), (FILE, FINISH), "owner is a role"),  # type: ignore[arg-type]
        ((OPEN, DONE), (FILE, replace(FINISH, fact=Numbered)), "has no TOPIC"),
        ((OPEN, DONE), (FILE, "finish"), "is no Move"),
        ((OPEN, DONE), (FILE, wrongly(FINISH, fact="Noted")), "give a class of facts"),
        ((OPEN, DONE), (FILE, wrongly(FINISH, from_=None)), "leads from None"),
        ((OPEN, DONE), (FILE, replace(FINISH, from_=BACK)), "leads from BACK"),
        ((OPEN, DONE), (FILE, replace(FINISH, to=START)), "leads to START"),
        ((OPEN, DONE), (FILE, wrongly(FINISH, rules=("x",))), "a tuple of functions"),
        ((OPEN, DONE), (FILE, wrongly(FINISH, when=3)), "when is a function"),
        ((OPEN, DONE), (FILE, wrongly(FINISH, means=5)), "means is a word"),
        ((OPEN, DONE), (FILE, wrongly(FINISH, by=3)), "by is a word"),
        ((OPEN, DONE), (FILE, replace(FINISH, by="")), "made by nobody"),
        ((OPEN, DONE), (FILE, replace(FINISH, fact=Ours)), "share the TOPIC"),
        ((OPEN, DONE), (FILE, replace(FINISH, fact=Prefixed)), "'demand.' is ours"),
        ((OPEN, DONE), (FILE, replace(FINISH, fact=Nameless)), "has no TOPIC"),
        ((OPEN, DONE), (FILE, FINISH, replace(FINISH, fact=Noted)), "record different facts"),
        ((OPEN, WAITING, DONE), (FILE, FINISH), "'waiting' cannot be reached"),
        ((OPEN, WAITING, DONE), (FILE, FINISH, Move("wait", Noted, "open", "waiting", by="clerk")), "no end can be"),
        ((OPEN, DONE), (FILE, FINISH, FINISH), "comes before others"),
        ((OPEN, DONE), (FILE, replace(FINISH, when=it_has_not_passed_the_audit)), "the last has a condition"),
    ],
)
def test_a_workflow_with_a_defect_is_not_built(states: Any, moves: Any, says: str) -> None:
    with pytest.raises(InvalidWorkflow, match=says) as caught:
        build(*moves, states=states)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(("name", "version"), [("", 1), ("a@b", 1), (3, 1), ("x", 0), ("x", "1"), ("x", True)])
def test_a_workflow_has_a_name_and_a_version(name: Any, version: Any) -> None:
    with pytest.raises(InvalidWorkflow, match=r"give a (printable name|whole number)"):
        Workflow(name, version, (OPEN, DONE), (FILE, FINISH))


@pytest.mark.parametrize("version", [1, 1_000_000_000])
def test_the_first_and_the_last_version_are_versions(version: int) -> None:
    assert Workflow("small", version, (OPEN, DONE), (FILE, FINISH)).key == f"small@{version}"


def test_a_workflow_that_is_no_list_says_so() -> None:
    with pytest.raises(InvalidWorkflow, match="None is no State"):
        Workflow("x", 1, None, FINISH)  # type: ignore[arg-type]


def test_all_defects_are_told_at_once() -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        build(replace(FINISH, to="x", means="y", by=()))
    assert len(caught.value.defects) == 4


def test_back_somewhere_else_does_not_excuse_a_condition() -> None:
    rest = Move("rest", Noted, "open", "resting", by="clerk")
    back = Move("finish", Stepped, "resting", BACK, by="clerk")
    conditional = replace(FINISH, when=it_has_not_passed_the_audit)
    with pytest.raises(InvalidWorkflow, match="the last has a condition"):
        build(FILE, rest, back, conditional, states=(OPEN, State("resting", Stage.AUDIT, "clerk"), DONE))


def test_back_leads_where_the_demand_came_from_and_nowhere_else() -> None:
    rest = Move("rest", Stepped, ("open", "waiting"), "resting", by="clerk")
    wait = Move("wait", Noted, "open", "waiting", by="clerk")
    wake = Move("wake", Accepted, "resting", BACK, by="clerk")
    end = Move("finish", Stepped, ("open", "waiting"), "done", by="clerk")
    small = build(FILE, rest, wait, wake, end, states=(OPEN, WAITING, State("resting", Stage.AUDIT, "clerk"), DONE))
    clerk = Actor("li", "clerk")
    for came_from in ("open", "waiting"):
        resting = as_if(Demand(A), version=2, state="resting", came_from=came_from, round=1)
        assert decide(small, resting, Proposal("wake", Accepted(), clerk, T0)).stamp.state == came_from
        assert [move.leads_to for move in small.possible(resting)] == [(came_from,)]
    lost = as_if(Demand(A), version=2, state="resting", came_from="nowhere", round=1)
    with pytest.raises(MoveNotAllowed):
        decide(small, lost, Proposal("wake", Accepted(), clerk, T0))


def test_a_move_takes_its_own_fact() -> None:
    with pytest.raises(InvalidValue, match="records Accepted, not Noted"):
        decide(CLOSED_LOOP, told("register"), Proposal("accept", Noted(text="x"), AUDITOR, T0.replace(year=2026)))


@pytest.mark.parametrize("move", ["evaluate", "feed_back"])
def test_a_wrong_fact_is_told_before_a_condition_asks_it(move: str) -> None:
    demand = told("register answer feed_back") if move == "evaluate" else told("register answer")
    by = Actor("张三", "resident") if move == "evaluate" else CLERK
    with pytest.raises(InvalidValue, match="not Noted"):
        decide(CLOSED_LOOP, demand, Proposal(move, Noted(text="x"), by, T0.replace(year=2026)))


@pytest.mark.parametrize("answer", [True, False, 3, ["x"], ""])
def test_a_rule_that_does_not_speak_is_a_defect(answer: Any) -> None:
    def speechless(demand: Demand, proposal: Proposal[Any]) -> Any:
        return answer if demand.id == A else None

    small = build(FILE, replace(FINISH, rules=(speechless,)))
    standing = as_if(Demand(A), version=1, state="open", round=1)
    with pytest.raises(InvalidWorkflow, match="rule speechless must return a sentence or None, it returned"):
        decide(small, standing, Proposal("finish", Stepped(), Actor("li", "clerk"), T0))


class Strict:
    """A rule that is no function, and so has no name of its own."""

    def __init__(self, answer: Any, **otherwise: Any) -> None:
        self.answer, self.when_built = answer, otherwise.get("when_built", answer)

    def __call__(self, demand: Demand, proposal: Proposal[Any]) -> Any:
        return self.answer if demand.id == A else self.when_built

    def __repr__(self) -> str:
        return f"Strict({self.answer!r})"


def test_every_objection_is_told_with_its_rule_and_a_rule_that_does_not_speak_with_its_remedy() -> None:
    standing = as_if(Demand(A), version=1, state="open", round=1)
    finish = Proposal("finish", Stepped(), Actor("li", "clerk"), T0)
    with pytest.raises(RuleBroken) as refused:
        decide(build(FILE, replace(FINISH, rules=(Strict("no"), Strict(None), Strict("never")))), standing, finish)
    assert refused.value.objections == (("Strict('no')", "no"), ("Strict('never')", "never"))
    speechless_here = build(FILE, replace(FINISH, rules=(Strict("no"), Strict(5, when_built=None))))
    with pytest.raises(InvalidWorkflow) as speechless:
        decide(speechless_here, standing, finish)
    (defect,) = speechless.value.defects
    assert (speechless.value.workflow, defect.moves) == ("small@1", ("finish",))
    assert defect.says.startswith("rule Strict(5) ")
    assert defect.says.endswith(" 5")
    assert (defect.kind, defect.remedy) == ("rule", "mend the rule")


class Promised(Fact):
    """A fact of a community's own with a due moment that nobody checked."""

    TOPIC: ClassVar[str] = "tests.promised"
    due: Any


def test_a_due_moment_is_checked_and_kept_in_utc_whoever_says_it() -> None:
    small = build(FILE, replace(FINISH, fact=Promised))
    standing, by = as_if(Demand(A), version=1, state="open", round=1, due=T0), Actor("li", "clerk")
    for wrong, says in ((T0.replace(tzinfo=None), "no time zone"), (3, "must be a datetime, got 3")):
        with pytest.raises(InvalidValue, match=f"^due: .*{says}"):
            decide(small, standing, Proposal("finish", Promised(due=wrong), by, T0))
    later = T0.astimezone(timezone(timedelta(hours=8))) + timedelta(days=1)
    due = decide(small, standing, Proposal("finish", Promised(due=later), by, T0)).stamp.due
    assert (due, due and due.tzinfo) == (T0 + timedelta(days=1), UTC)
    assert decide(small, standing, Proposal("finish", Promised(due=None), by, T0)).stamp.due == T0


def test_a_state_that_the_workflow_does_not_have_has_no_moves() -> None:
    lost = as_if(Demand(A), version=1, state="renamed", round=1)
    assert CLOSED_LOOP.possible(lost) == ()
    with pytest.raises(MoveNotAllowed, match="cannot accept a demand that is renamed"):
        decide(CLOSED_LOOP, lost, Proposal("accept", Accepted(), AUDITOR, T0))


def test_what_is_possible_names_moves_and_roles() -> None:
    reported = told("register answer")
    assert [str(move) for move in CLOSED_LOOP.possible(reported, CLERK)] == [
        "feed_back (grid_administrator)",
        "note (grid_administrator)",
    ]
    assert CLOSED_LOOP.states_owned_by("resident") == ("details_asked", "fed_back")
    assert repr(ANYWHERE) == "ANYWHERE"
    assert repr(STAY) == "STAY"


@pytest.mark.parametrize("number", ["bound", "missed_callbacks", "notice_days", "reopening_days"])
def test_the_numbers_of_the_closed_loop_are_checked(number: str) -> None:
    for wrong in (0, 10_001, True, "3"):
        with pytest.raises(InvalidValue) as caught:
            closed_loop(**{number: wrong})  # type: ignore[arg-type]
        assert str(caught.value) == f"{number}: must be a whole number from 1 to 10000, got {wrong!r}"
    for right in (1, 10_000):
        assert closed_loop(**{number: right}) != CLOSED_LOOP  # type: ignore[arg-type]


def test_a_community_may_have_its_own_numbers() -> None:
    stricter: Any = closed_loop("strict-loop", bound=2, missed_callbacks=1)
    again = "contract_out take_on report feed_back evaluate_unresolved"
    assert told(f"register accept {again}", stricter).state == "accepted"
    assert told(f"register accept {again} {again}", stricter).state == "taken_over"
    assert told("register accept contract_out take_on report feed_back miss_callback", stricter).state == "closed"
    once: Any = closed_loop("once", bound=1)
    assert told("register answer feed_back evaluate_unresolved", once).state == "taken_over"


def test_an_appeal_is_audited_even_by_a_way_round() -> None:
    path = "register accept contract_out hand_back"
    story = Story().tell(path)
    story.step("refuse", Refused(code="x", words="y"), Actor("zhao", "dispatcher"))
    story.tell("appeal withdraw reopen")
    assert (story.demand.state, story.demand.audited) == ("registered", False)


def turned_round(*last: str, bound: Any = None, source: str = "told", to: Any = "open") -> tuple[Move, ...]:
    """An evaluation that sends a demand back, meaning this; maybe up to a bound."""
    judge = Move("judge", Evaluated, source, to, by="clerk", means=last)
    first = replace(judge, to="done", means="evaluated", when=resolved)
    at_the_bound = [replace(judge, to="done", means="evaluated", when=bound)] if bound else []
    return (Move("tell", Noted, "open", "told", by="clerk", means="asked"), first, *at_the_bound, judge)


def resolved(demand: Demand, proposal: Proposal[Any]) -> bool:
    return bool(proposal.fact.resolved)


TOLD = State("told", Stage.EVALUATION, owner="clerk")
CIRCLE = (OPEN, TOLD, DONE)


@pytest.mark.parametrize("meaning", [("evaluated", "reworked"), ("evaluated", "taken_over"), ("evaluated",)])
def test_rework_without_a_bound_is_found_under_every_name(meaning: tuple[str, ...]) -> None:
    with pytest.raises(InvalidWorkflow, match=r"however often it went round|in the same round"):
        build(FILE, *turned_round(*meaning), states=CIRCLE)


@pytest.mark.parametrize(
    "bound",
    [
        lambda demand, _: demand.round >= 3,
        lambda demand, _: len(demand.contracts) >= 3,
        lambda demand, _: len(demand.facts) >= 30,
        lambda demand, proposal: (proposal.at - demand.received).days > 90,
        lambda demand, _: demand.handbacks > 5,
    ],
)
def test_whatever_counts_as_a_bound(bound: Any) -> None:
    assert build(FILE, *turned_round("evaluated", "reworked", bound=bound), states=CIRCLE)


def test_a_rule_that_objects_to_so_many_rounds_is_a_bound() -> None:
    def no_more_than_three(demand: Demand, proposal: Proposal[Any]) -> str | None:
        return "three times are enough" if demand.round > 3 else None

    *before, last = turned_round("evaluated", "reworked")
    assert build(FILE, *before, replace(last, rules=(no_more_than_three,)), states=CIRCLE)


class Scored(Evaluated):
    """An evaluation with much to it."""

    TOPIC: ClassVar[str] = "tests.scored"
    score: Annotated[int, Field(ge=20, le=90)]
    clean: bool = False
    quick: bool = False
    kind: bool = False


def test_a_fact_with_many_fields_and_limits_is_tried_in_all_of_them() -> None:
    found = [(fact.resolved, fact.score, fact.grade) for fact in variants(Scored)]
    assert {one[0] for one in found} == {True, False}
    assert {20, 90} <= {one[1] for one in found}
    assert {one[2] for one in found} == set(Grade.USUAL)
    *_, judge = turned_round("evaluated", "reworked")
    scored = [replace(move, fact=Scored) if move.fact is Evaluated else move for move in turned_round(*judge.meanings)]
    with pytest.raises(InvalidWorkflow, match="however often"):
        build(FILE, *scored, states=CIRCLE)


def test_what_cannot_be_asked_is_told_as_advice() -> None:
    def raises(demand: Demand, proposal: Proposal[Any]) -> bool:
        raise KeyError("nothing is known of it")

    tell, first, last = turned_round("evaluated", "reworked")
    with pytest.warns(WorkflowAdvice, match="cannot be told"):
        build(FILE, tell, replace(first, when=raises), last, states=CIRCLE)


def test_advice_points_to_whoever_built_the_workflow_and_can_be_made_an_error() -> None:
    idle = replace(OPEN, owner="auditor")
    with pytest.warns(WorkflowAdvice, match="waits for auditor, who has no move that leads on") as told:
        small = build(FILE, FINISH, states=(idle, DONE))
    assert told[0].filename == __file__
    assert [advice.kind for advice in small.advice] == ["idle-owner"]
    with warnings.catch_warnings():
        warnings.simplefilter("error", WorkflowAdvice)
        with pytest.raises(WorkflowAdvice):
            build(FILE, FINISH, states=(idle, DONE))


@pytest.mark.parametrize(
    ("moves", "says"),
    [
        ((wrongly(FINISH, when=rules.the_bound_is_reached),), "call it: the_bound_is_reached"),
        ((wrongly(FINISH, rules=(len,)),), "cannot be asked about a demand and a proposal"),
        ((wrongly(FINISH, rules=(int,)),), "is a class"),
        ((FINISH, Move("x", Noted, "open", STAY, "clerk", means="reopened")), "where a demand has not ended"),
        ((FINISH, Move("x", Noted, "done", STAY, "clerk", means="reopened")), "begins another round"),
        ((FINISH, Move("x", Noted, "done", "open", "clerk")), "let it mean 'reopened'"),
        ((FINISH, Move("x", Noted, "open", STAY, "clerk", means="corrected")), "use Corrected"),
        ((FINISH, Move("m", Merged, "open", "done", "clerk"), Move("t", TookIn, "open", STAY, "clerk")), "as merged"),
        ((FINISH, replace(FINISH, name="x", silent=True, to=STAY)), "closes nothing"),
        ((replace(FINISH, by="secre\u0301taire"),), "composed letters"),
        ((replace(FINISH, name="cafe\u0301"),), "composed letters"),
    ],
)
def test_a_move_that_cannot_work_is_refused(moves: tuple[Move, ...], says: str) -> None:
    with pytest.raises(InvalidWorkflow, match=says):
        build(FILE, *moves)


@pytest.mark.parametrize("wrongly", [{"name": " w "}, {"name": "cafe\u0301"}, {"version": 10**5000}])
def test_names_that_nobody_could_write_again_are_refused(wrongly: Any) -> None:
    with pytest.raises(InvalidWorkflow):
        Workflow(**{"name": "x", "version": 1, "states": (OPEN, DONE), "moves": (FILE, FINISH), **wrongly})
    for version, called in ((10**9, "x@1000000000"), (10**9 + 1, "x"), (-(10**5000), "x"), ("1", "x@1")):
        with pytest.raises(InvalidWorkflow) as refused:
            Workflow("x", version, (OPEN,), (FILE, FINISH))  # type: ignore[arg-type]
        assert refused.value.workflow == called
    with pytest.raises(InvalidWorkflow, match="ends as 5"):
        build(FILE, FINISH, states=(OPEN, State("done", Stage.ENDED, ended_as=5)))  # type: ignore[arg-type]


def test_a_way_back_that_hides_another_move_is_found() -> None:
    rest = Move("rest", Noted, "open", "waiting", by="clerk")
    back = Move("answer", Stepped, "waiting", BACK, by="clerk")
    hidden = replace(back, to="done", when=it_has_not_passed_the_audit)
    with pytest.raises(InvalidWorkflow, match="comes before others"):
        build(FILE, FINISH, rest, back, hidden, states=(OPEN, WAITING, DONE))
    assert build(FILE, FINISH, rest, hidden, back, states=(OPEN, WAITING, DONE))


def test_a_condition_on_a_way_back_is_heeded() -> None:
    rest = Move("rest", Noted, "open", "waiting", by="clerk")
    back = Move("answer", Stepped, "waiting", BACK, by="clerk", when=it_has_not_passed_the_audit)
    small = build(FILE, FINISH, rest, back, replace(back, to=STAY, when=None), states=(OPEN, WAITING, DONE))
    waiting = as_if(Demand(A), version=2, state="waiting", came_from="open", round=1)
    for audited, goal in ((False, "open"), (True, "waiting")):
        proposal = Proposal("answer", Stepped(), Actor("li", "clerk"), T0)
        assert decide(small, as_if(waiting, audited=audited), proposal).stamp.state == goal


def test_a_condition_on_a_way_back_may_look_at_what_is_proposed() -> None:
    def says_why(demand: Demand, proposal: Proposal[Any]) -> bool:
        return proposal.fact.note is not None

    rest = Move("rest", Noted, "open", "waiting", by="clerk")
    back = Move("answer", Stepped, "waiting", BACK, by="clerk", when=says_why)
    small = build(FILE, FINISH, rest, back, replace(back, to=STAY, when=None), states=(OPEN, WAITING, DONE))
    waiting = as_if(Demand(A), version=2, state="waiting", came_from="open", round=1)
    for note, goal in (("he called", "open"), (None, "waiting")):
        proposal = Proposal("answer", Stepped(note=note), Actor("li", "clerk"), T0)
        assert decide(small, waiting, proposal).stamp.state == goal


def test_roles_that_look_alike_are_advised_against_and_numbered_ones_are_not() -> None:
    with pytest.warns(WorkflowAdvice, match="'auditer' and 'auditor' look alike"):
        build(FILE, replace(FINISH, by=("clerk", "auditer", "auditor")))
    build(FILE, replace(FINISH, by=("clerk", "inspector_north", "inspector_south", "doctor_1", "doctor_2")))


def test_a_report_that_is_not_called_one_is_advised_against() -> None:
    with pytest.warns(WorkflowAdvice, match="^small@1: move 'finish' records Reported, but does not mean 'reported'; "):
        build(FILE, replace(FINISH, fact=Reported))


@pytest.mark.parametrize("name", ["state", "trigger", "events", "states", "initial", "model", "may_trigger", "to_done"])
def test_a_move_may_have_any_name(name: str) -> None:
    small = build(FILE, replace(FINISH, name=name), Move(f"{name}s", Noted, "open", STAY, by="clerk"))
    assert [move.name for move in small.possible(as_if(Demand(A), version=1, state="open"))] == [name, f"{name}s"]


def test_a_state_is_for_contractors_if_they_have_a_move_of_their_own_there() -> None:
    own = replace(FINISH, from_=("open", "waiting"), by=("contractor", "clerk"))
    wait = Move("wait", Noted, "open", "waiting", by="clerk")
    look = Move("look", Noted, ANYWHERE, STAY, by="contractor")
    everywhere = (OPEN, WAITING, DONE)
    assert build(FILE, wait, own, look, states=everywhere).states_for_contractors() == ("open", "waiting")
    theirs = replace(own, from_="waiting")
    assert build(FILE, FINISH, wait, replace(theirs, name="end"), states=everywhere).states_for_contractors() == (
        "waiting",
    )
    assert build(FILE, FINISH, look).states_for_contractors() == ("open",), "all open ones where none is theirs alone"


def test_what_may_happen_next_is_said_for_all_and_for_one() -> None:
    finish = replace(FINISH, by=("clerk", "chief"))
    look, take_in = Move("look", Noted, "open", STAY, by="chief"), Move("take in", TookIn, ANYWHERE, STAY, by="clerk")
    small = build(FILE, finish, look, take_in)
    standing = as_if(Demand(A), version=1, state="open", round=1)
    assert list(map(str, small.possible(standing))) == ["finish (clerk, chief)", "look (chief)"]
    assert [(one.name, one.roles, one.leads_to) for one in small.possible(standing, Actor("li", "chief"))] == [
        ("finish", ("chief",), ("done",)),
        ("look", ("chief",), ("open",)),
    ]
    with pytest.raises(RoleNotAllowed) as refused:
        decide(small, standing, Proposal("finish", Stepped(), Actor("x", "resident"), T0))
    assert str(refused.value) == "resident may not finish (who may: clerk, chief)"
    with pytest.raises(InvalidValue) as wrong:
        decide(small, standing, Proposal("finish", Noted(text="x"), Actor("li", "chief"), T0))
    assert str(wrong.value) == "move 'finish': records Stepped, not Noted"


def test_a_workflow_knows_its_meanings_facts_and_moves() -> None:
    file_too = Move("import", Noted, "open", STAY, by="clerk", means=("told", "accepted"))
    small = build(FILE, FINISH, file_too, replace(file_too, name="note", means="told"))
    assert small.meanings == ("accepted", "told"), "in the order in which they are listed everywhere"
    assert small.facts == (Registered, Stepped, Noted)
    assert small.move_of(Noted, "open") == "import"
    assert small.move_of(Noted, "done") is None
    judged = build(FILE, replace(FINISH, name="end", by="chief"), FINISH)
    assert [judged.move_of(Stepped, "open", role) for role in ("clerk", "chief", "x", None)] == [
        *("finish", "end", "end", "end")
    ]
    assert repr(small) == "<Workflow small@1: 2 states, 4 moves>"
    assert small.state("open") is small.states[0]


def test_a_condition_among_the_rules_and_a_rule_for_a_condition_are_told() -> None:
    with pytest.raises(InvalidWorkflow, match="what says True or False is a condition"):
        build(FILE, replace(FINISH, rules=(it_has_not_passed_the_audit,)))  # type: ignore[arg-type]
    with pytest.warns(WorkflowAdvice, match="what returns an objection or None is a rule"):
        build(FILE, wrongly(FINISH, when=rules.it_passed_the_audit), FINISH)


@pytest.mark.parametrize("word", ["back", "Start", "stay"])
def test_a_word_of_the_table_in_small_letters_is_recognised(word: str) -> None:
    with pytest.raises(InvalidWorkflow, match=f"did you mean {word.upper()}"):
        build(FILE, replace(FINISH, to=word))
