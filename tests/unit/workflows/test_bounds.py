"""Whatever a condition or a rule looks at, the check at build asks it about demands that have it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from demandflow import Demand, InvalidWorkflow, Move, Proposal, Workflow
from demandflow.domain.moves import sources
from demandflow.errors import Defect
from demandflow.facts import Evaluated, Noted, Stepped
from tests.unit.workflows.test_defects import (
    AGAIN,
    CIRCLE,
    DONE,
    FINISH,
    FOUR,
    JUDGE,
    OPEN,
    TELL,
    WAIT,
    Waved,
    raises,
    resolved,
    says_no,
    small,
    wrongly,
)

Asked = list[tuple[Demand, Proposal[Any]]]
SENT_BACK = "move 'judge' from 'told' sends a demand back however often it went round"


def found(*moves: Move, states: Any = CIRCLE) -> tuple[Defect, ...]:
    """The defects of a workflow that is built of these moves; what is advised is an error in the tests."""
    try:
        Workflow(**small(*moves, states=states))
    except InvalidWorkflow as refused:
        return refused.defects
    return ()


def bounded(when: Callable[[Demand, Proposal[Any]], bool]) -> tuple[Move, ...]:
    """Rework, but for those of whom the condition holds."""
    return TELL, replace(JUDGE, when=when), AGAIN


def long_ago(moment: Callable[[Demand], datetime | None]) -> Callable[[Demand, Proposal[Any]], bool]:
    """More than ninety days after that moment; what has no such moment cannot be asked about."""

    def is_long_ago(demand: Demand, proposal: Proposal[Any]) -> bool:
        since = moment(demand)
        return (proposal.at - since).days > 90  # type: ignore[operator]

    return is_long_ago


GROWS: dict[str, Callable[[Demand, Proposal[Any]], bool]] = {
    "time since its receipt": long_ago(lambda demand: demand.received),
    "time since it stands there": long_ago(lambda demand: demand.since),
    "time since the last step": long_ago(lambda demand: demand.last),
    "time since the resident was told": long_ago(lambda demand: demand.told_at),
    "rounds": lambda demand, _: demand.round >= 3,
    "versions": lambda demand, _: demand.version >= 30,
    "handbacks": lambda demand, _: demand.handbacks >= 3,
    "missed calls": lambda demand, _: demand.missed_callbacks >= 3,
    "facts": lambda demand, _: len(demand.facts) >= 30,
    "notes": lambda demand, _: demand.facts.count(Noted) >= 3,
    "contracts": lambda demand, _: len(demand.contracts) >= 3,
    "contractors": lambda demand, _: len({name for _, name in demand.contracts}) >= 3,
    "workers": lambda demand, _: len(demand.workers) >= 3,
    "handlers": lambda demand, _: len(demand.handlers) >= 3,
    "rounds, by the state": lambda demand, _: demand.round >= {"told": 3, "open": 5}[demand.state],
    "rounds, by the demand": lambda demand, _: demand.round >= 3 + demand.id.int % 2,
    "rounds, by the move": lambda demand, proposal: demand.round >= {"judge": 3, "tell": 5}[proposal.move],
    "rounds, by who is asking": lambda demand, proposal: demand.round >= {"clerk": 3, "chief": 5}[proposal.by.role],
    "rounds, by the grade": lambda demand, proposal: demand.round >= len(proposal.fact.grade),
}


@pytest.mark.parametrize("what", GROWS)
def test_whatever_grows_with_the_rounds_may_be_a_bound_and_can_be_asked_about(what: str) -> None:
    assert found(*bounded(GROWS[what])) == ()


@pytest.mark.parametrize("what", GROWS)
def test_a_rule_that_objects_to_what_grew_is_a_bound_too_even_where_the_move_stands_alone(what: str) -> None:
    def not_so_many(demand: Demand, proposal: Proposal[Any]) -> str | None:
        return "that is enough" if GROWS[what](demand, proposal) else None

    give_up = replace(FINISH, name="give up", from_="told")
    assert found(TELL, replace(AGAIN, rules=(not_so_many,)), give_up) == ()


ONCE: dict[str, Callable[[Demand], bool]] = {
    "one round": lambda demand: demand.round > 1,
    "one fact": lambda demand: len(demand.facts) > 1,
    "one contract": lambda demand: len(demand.contracts) > 1,
    "work that nobody began": lambda demand: bool(demand.workers),
}


@pytest.mark.parametrize("what", ONCE)
def test_a_rule_that_objects_from_the_second_time_on_is_a_bound(what: str) -> None:
    def only_once(demand: Demand, proposal: Proposal[Any]) -> str | None:
        return "once is enough" if ONCE[what](demand) else None

    assert found(TELL, replace(JUDGE, when=resolved), replace(AGAIN, rules=(only_once,))) == ()


SOME: dict[str, Callable[[Demand, Proposal[Any]], bool]] = {
    "the audited": lambda demand, _: demand.audited is True,
    "the unaudited": lambda demand, _: demand.audited is False,
    "those never taken over": lambda demand, _: demand.taken_over is False,
    "those that were taken over": lambda demand, _: demand.taken_over is True,
    "those whose resident is known": lambda demand, _: not demand.anonymous,
    "those that are not resolved": lambda demand, proposal: not proposal.fact.resolved,
    "those that are": lambda demand, proposal: bool(proposal.fact.resolved),
}


@pytest.mark.parametrize("which", SOME)
def test_what_may_be_reworked_for_ever_is_found_even_if_only_some_demands_may(which: str) -> None:
    (defect,) = found(*bounded(lambda demand, proposal: not SOME[which](demand, proposal)))
    assert (defect.kind, defect.states, defect.moves) == ("unbounded", ("told",), ("judge",))
    assert defect.says.startswith(SENT_BACK)


ALWAYS: dict[str, Callable[[Demand, Proposal[Any]], bool]] = {
    "who wrote it down": lambda demand, proposal: proposal.fact.written_by is None,
    "the hour": lambda demand, proposal: proposal.at.hour < 9,
    "who says it": lambda demand, proposal: proposal.by.unit is None,
    "whose demand it is": lambda demand, proposal: demand.resident == proposal.by.id,
    "what it does": lambda demand, proposal: proposal.move == "judge",
}


@pytest.mark.parametrize("what", ALWAYS)
def test_a_rule_that_objects_in_the_first_round_as_well_for_another_reason_is_no_bound(what: str) -> None:
    def not_like_this(demand: Demand, proposal: Proposal[Any]) -> str | None:
        return "not like this" if ALWAYS[what](demand, proposal) else None

    (defect,) = found(TELL, replace(JUDGE, when=resolved), replace(AGAIN, rules=(not_like_this,)))
    assert defect.says.startswith(SENT_BACK)


def test_every_move_without_a_bound_is_told_of_and_each_once_whoever_may_make_it() -> None:
    two = tuple(replace(move, by=("clerk", "chief")) for move in (replace(JUDGE, when=resolved), AGAIN))
    too = tuple(replace(move, name="judge again") for move in two)
    assert [(one.kind, one.moves) for one in found(TELL, *two, *too)] == [
        ("unbounded", ("judge",)),
        ("unbounded", ("judge again",)),
    ]
    (alone,) = found(TELL, AGAIN, FINISH)
    assert alone.says.startswith(SENT_BACK)


def test_that_rework_cannot_be_asked_about_is_told_once_though_each_role_has_a_move_of_its_own() -> None:
    theirs = [replace(move, by=role) for role in ("clerk", "chief") for move in (replace(JUDGE, when=raises), AGAIN)]
    with pytest.warns(match="cannot be told"):
        (advice,) = Workflow(**small(TELL, *theirs, states=CIRCLE)).advice
    assert (advice.kind, advice.states, advice.moves) == ("unasked", ("told",), ("judge",))


@pytest.mark.parametrize("audited", [True, False])
@pytest.mark.parametrize("taken_over", [True, False])
def test_a_condition_that_can_be_asked_about_some_demands_is_asked_about_those(audited: bool, taken_over: bool) -> None:
    def enough(demand: Demand, proposal: Proposal[Any]) -> bool:
        if (demand.audited, demand.taken_over) != (audited, taken_over):
            raise KeyError("it never thought of those")
        return demand.round >= 3

    assert found(*bounded(enough)) == ()


def test_all_that_is_asked_about_when_built_could_be_so() -> None:
    asked: Asked = []

    def remembers(demand: Demand, proposal: Proposal[Any]) -> bool:
        asked.append((demand, proposal))
        return demand.round >= 3

    def hears(demand: Demand, proposal: Proposal[Any]) -> None:
        asked.append((demand, proposal))

    moves = {
        "tell": replace(TELL, from_=("waiting", "open"), rules=(hears,)),
        "wait": replace(WAIT, by=("chief", "clerk"), rules=(hears,)),
        "judge": replace(JUDGE, when=remembers),
        "again": replace(AGAIN, rules=(hears,)),
    }
    assert found(*moves.values(), states=FOUR) == ()
    assert {proposal.move for _, proposal in asked} == {"tell", "wait", "judge"}
    for demand, proposal in asked:
        move = moves[proposal.move]
        assert demand.state in sources(move, FOUR)
        assert proposal.by.role in move.roles
        assert type(proposal.fact) is move.fact
        assert demand.received is not None
        assert demand.last is not None
        assert demand.received <= demand.last <= proposal.at
        assert demand.open
        assert demand.version >= demand.round >= 1
    first = {proposal.move: (demand, proposal) for demand, proposal in reversed(asked)}
    for demand, _ in first.values():
        assert (demand.round, demand.audited, demand.taken_over) == (1, True, False), "as most of them are"
    assert {name: (demand.state, proposal.by.role) for name, (demand, proposal) in first.items()} == {
        "tell": ("waiting", "clerk"),
        "wait": ("open", "chief"),
        "judge": ("told", "clerk"),
    }


class Same:
    """What answers always the same, and is no function: so it has no name."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __call__(self, demand: Demand, proposal: Proposal[Any]) -> Any:
        return self.answer

    def __repr__(self) -> str:
        return f"Same({self.answer!r})"


def test_every_rule_that_answers_with_no_sentence_is_told_of_once_with_its_answer() -> None:
    rules: Any = (resolved, Same("no"), Same(None), Same(3), says_no)
    finish = Move("finish", Evaluated, "open", "done", by=("clerk", "chief"), means="evaluated", rules=rules)
    remedy = "let it return its objection or None; what says True or False is a condition: when="
    assert found(finish, states=(OPEN, DONE)) == (
        Defect("answer", "rule resolved of move 'finish' answered True", remedy, (), ("finish",)),
        Defect("answer", "rule Same(3) of move 'finish' answered 3", remedy, (), ("finish",)),
    )


def test_every_condition_that_says_neither_yes_nor_no_is_told_of_with_its_answer() -> None:
    moves = (wrongly(FINISH, when=says_no), wrongly(FINISH, when=Same(None)), replace(FINISH, when=Same(False)), FINISH)
    remedy = "let it return True or False; what returns an objection or None is a rule: rules="
    with pytest.warns(match="answered"):
        advice = Workflow(**small(*moves)).advice
    assert advice == (
        Defect("answer", "condition says_no of move 'finish' answered 'no'", remedy, (), ("finish",)),
        Defect("answer", "condition Same(None) of move 'finish' answered None", remedy, (), ("finish",)),
    )


def breaks_here(demand: Demand, proposal: Proposal[Any]) -> str | None:
    raise KeyError("nothing is known of it")


def test_what_cannot_be_asked_is_left_out_and_what_comes_after_it_is_asked() -> None:
    unknown = replace(JUDGE, name="wave", from_="open", fact=Waved, rules=(Same(3),))
    by_nobody = replace(FINISH, name="x", by=(), rules=(Same(4),))
    breaks = replace(FINISH, rules=(breaks_here, Same(5)))
    defects = found(unknown, by_nobody, breaks, states=(OPEN, DONE))
    assert [one.says for one in defects if one.kind == "answer"] == ["rule Same(5) of move 'finish' answered 5"]


EVALUATE = replace(AGAIN, name="evaluate", means="evaluated")


def test_an_evaluation_that_stays_or_leads_on_sends_nothing_back() -> None:
    assert found(TELL, JUDGE, replace(EVALUATE, to="told")) == ()
    go_on = Move("go on", Stepped, "waiting", "done", by="clerk")
    assert found(TELL, JUDGE, replace(EVALUATE, to="waiting"), go_on, states=FOUR) == ()


def test_an_evaluation_that_sends_back_is_told_of_once_for_each_state_that_it_sends_back_to() -> None:
    tell = replace(TELL, from_=("open", "waiting"))
    evaluate, back = replace(EVALUATE, to="waiting"), replace(EVALUATE, when=resolved)
    defects = found(WAIT, tell, JUDGE, back, evaluate, states=FOUR)
    assert [(one.kind, one.states, one.moves) for one in defects] == [
        ("unbounded", ("told", "open"), ("evaluate",)),
        ("unbounded", ("told", "waiting"), ("evaluate",)),
    ]
