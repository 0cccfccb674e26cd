"""A plain model of what should happen, kept beside the engine: it reads the declared moves and asks nothing else."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from demandflow.domain.demand import Demand, as_if
from demandflow.domain.events import Event, GradeMeaning, Meta, Stamp
from demandflow.domain.facts import GRADED, LetGo, Merged, MovedOver, TookIn, Unmerged
from demandflow.domain.moves import BACK, STAY, Move, Proposal, sources
from demandflow.domain.values import Grade
from demandflow.domain.workflow import Workflow
from demandflow.testing.model.clocks import Timekeeper
from demandflow.testing.model.kinds.rules import again

ENDS_A_ROUND = ("reworked", "reopened", "taken_over")
SIDES: dict[type, tuple[str, Any]] = {Merged: ("take_in", TookIn), Unmerged: ("let_go", LetGo)}


class Table:
    """Predicts, from the declared states and moves, what the engine must do with a proposal.

    `twin` is the workflow that demands can move over to: with the same states and moves, and clocks of its own. `known`
    are all workflows that there are.
    """

    def __init__(self, workflow: Workflow, twin: Workflow, known: Collection[str] = ()) -> None:
        self.workflow, self.known = workflow, {*known, workflow.key, twin.key}
        self.grades = {grade.name: grade for grade in workflow.grades.grades}
        self.clocks = {one.key: tuple(one.clocks) for one in (workflow, twin)}
        self.states = {state.name: state for state in workflow.states}
        # the states from which there may be a way back: those that something else than a beginning leads to
        self._entered = {
            move.to
            for move in workflow.moves
            for source in sources(move, workflow.states)
            if source and isinstance(move.to, str) and move.to != source
        }

    def expected(self, demand: Any, proposal: Proposal[Any]) -> Move | str:
        """The declared move that must be taken, or the name of the error that must be raised."""
        found = self.alone(demand, proposal)
        if isinstance(found, str) or proposal.other is None:
            return found
        if proposal.other.id == demand.id:
            return "InvalidValue"
        side = self.side_of(proposal, demand)
        other = self.alone(proposal.other, side)
        return other if isinstance(other, str) else found

    def side_of(self, proposal: Proposal[Any], demand: Demand) -> Proposal[Any]:
        """What is recorded on the other demand of a merge or an un-merge: of a merge, with all whose demand it was."""
        assert proposal.other is not None
        name, kind = SIDES[type(proposal.fact)]
        there = [move for move in self.workflow.moves if move.fact is kind]
        here = [move for move in there if proposal.other.state in sources(move, self.workflow.states)]
        move = here[0].name if here else name
        fields: dict[str, Any] = {"demand": demand.id}
        if kind is TookIn:
            joined = [name for _, name in demand.joined]
            names = [demand.resident, demand.representative, *demand.shared_with, *joined]
            fields["residents"] = tuple(dict.fromkeys(name for name in names if name)) or None
        return Proposal(move, kind(**fields), proposal.by, proposal.at)

    def move_of_side(self, proposal: Proposal[Any], demand: Demand) -> Move:
        """The declared move that records it."""
        assert proposal.other is not None
        found = self.alone(proposal.other, self.side_of(proposal, demand))
        assert isinstance(found, Move)
        return found

    def event(
        self, demand: Any, move: Move, proposal: Proposal[Any], meta: Meta, before: Sequence[Event] = ()
    ) -> Event:
        """The event that must be recorded if the move is taken, after those of the demand that were `before`."""
        means = move.meanings
        goal = demand.state if move.to is STAY else demand.came_from if move.to is BACK else move.to
        state = self.states[str(goal)]
        starts = demand.version == 0
        rounds = demand.round + (1 if starts or any(meaning in ENDS_A_ROUND for meaning in means) else 0)
        stamp = Stamp(move.name, state.name, state.waits_for.value, rounds, state.ended_as, means or None)
        stamp = as_if(stamp, kind=self.workflow.of.KIND)
        said = proposal.fact.grade if isinstance(proposal.fact, GRADED) else None
        if said is not None and said not in Grade.USUAL:
            grade = self.grades[said]
            stamp = as_if(stamp, grade_means=GradeMeaning(round(100 * grade.weight), grade.satisfied))
        if isinstance(proposal.fact, GRADED) and proposal.fact.scores is not None:
            theirs = [(name, self.grades[said]) for name, said in proposal.fact.scores if said not in Grade.USUAL]
            means_of = [(name, GradeMeaning(round(100 * it.weight), it.satisfied)) for name, it in theirs]
            stamp = as_if(stamp, score_means=tuple(means_of) or None)
        if starts or isinstance(proposal.fact, MovedOver):
            declared = {meaning for one in self.workflow.moves for meaning in one.meanings}
            ordered = tuple(meaning for meaning in self.workflow.meanings if meaning in declared)
            assert declared == set(ordered), "the workflow does not say all that its moves can mean"
            stamp = as_if(stamp, declares=ordered)
        event = Event(demand.id, demand.version + 1, proposal.fact, meta, stamp)
        time = Timekeeper((*before, event), self.clocks) if any(self.clocks.values()) else None
        given: datetime | None = getattr(proposal.fact, "due", None)
        if given is None or (time is not None and time.takes_the_due()):
            own = demand.due
            if given is not None and own is not None and own < given and "extended" in means:
                own = given
            given = None if "reopened" in means else own
        stamp = as_if(stamp, due=given, clocks=(time.ticks() or None) if time is not None else None)
        return as_if(event, stamp=stamp)

    def unmoved(self, demand: Any, fact: MovedOver) -> str | None:
        """The error, if the demand cannot go on under the other workflow at all."""
        if fact.workflow not in self.known:
            return "UnknownWorkflow"
        there = [m for m in self.workflow.moves if m.fact is MovedOver]
        known = any(demand.state in sources(move, self.workflow.states) for move in there)
        elsewhere = fact.workflow in self.clocks and fact.workflow != demand.workflow
        return None if elsewhere and known else "RuleBroken"

    def alone(self, demand: Any, proposal: Proposal[Any]) -> Move | str:
        """The same, whatever the other demand of a merge says."""
        named = [move for move in self.workflow.moves if move.name == proposal.move]
        leaving = [move for move in named if demand.state in sources(move, self.workflow.states)]
        leaving = [move for move in leaving if move.to is not BACK or demand.state in self._entered]
        if not leaving:
            return "MoveNotAllowed"
        theirs = [move for move in leaving if proposal.by.role in move.roles]
        if not theirs:
            return "RoleNotAllowed"
        if type(proposal.fact) is not theirs[0].fact:
            return "InvalidValue"
        theirs = [move for move in theirs if move.to is not BACK or demand.came_from]
        taken = next((move for move in theirs if move.when is None or asked(move.when, move, demand, proposal)), None)
        if taken is None:
            return "MoveNotAllowed"
        if isinstance(proposal.fact, GRADED) and proposal.fact.grade not in (None, *self.grades):
            return "InvalidValue"
        scores = (isinstance(proposal.fact, GRADED) and proposal.fact.scores) or ()
        if any(name not in self.workflow.grades.scores or grade not in self.grades for name, grade in scores):
            return "InvalidValue"
        return "RuleBroken" if any(asked(rule, taken, demand, proposal) is not None for rule in taken.rules) else taken


class Unanswered(Exception):
    """A rule or condition of a workflow raised instead of answering."""


def asked(function: Callable[..., Any], move: Move, demand: Any, proposal: Proposal[Any]) -> Any:
    """What a rule or condition answers. Raises Unanswered, saying where, if it raises."""
    try:
        return again(function)(demand, proposal)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        name = getattr(function, "__name__", repr(function))
        problem = f"{type(error).__name__}: {error} ({last.filename}, line {last.lineno})"
        raise Unanswered(
            f"{name}, asked about {move.name} in {demand.state or 'the beginning'}, raised {problem}"
        ) from error
