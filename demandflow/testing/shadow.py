"""A plain model of what should happen, kept beside the engine: lists and dictionaries, no machine, no storage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.facts import OTHER_SIDES, ContractedOut, HandedBack, Registered, Reported
from demandflow.domain.moves import BACK, Move, Proposal, sources
from demandflow.domain.workflow import Workflow

NEW_ROUND = {"reworked", "reopened", "taken_over"}


@dataclass
class ShadowDemand:
    """What a demand should look like, by the declared moves alone."""

    state: str
    round: int = 1
    came_from: str = ""
    ended_as: str | None = None
    contractor: str | None = None
    asked: bool = False
    evaluated: bool = False
    reported: bool | None = None
    recorded: list[tuple[str, Any]] = field(default_factory=list)


class Shadow:
    """Predicts, from the declared states and moves, what the engine must do with a proposal."""

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self.demands: dict[UUID, ShadowDemand] = {}
        self._ends = {state.name: state.ended_as for state in workflow.states}

    def expected(self, demand: Demand, proposal: Proposal[Any]) -> Move | str:
        """The declared move that must be taken, or the name of the error that must be raised."""
        if isinstance(proposal.fact, OTHER_SIDES):
            return "InvalidValue"
        state = self.demands[demand.id].state if demand.id in self.demands else ""
        named = [move for move in self.workflow.moves if move.name == proposal.move]
        leaving = [move for move in named if state in sources(move, self.workflow.states)]
        if not leaving:
            return "MoveNotAllowed"
        theirs = [move for move in leaving if proposal.by.role in move.roles]
        if not theirs:
            return "RoleNotAllowed"
        taken = next(move for move in theirs if move.when is None or move.when(demand, proposal))
        return "RuleBroken" if any(rule(demand, proposal) for rule in taken.rules) else taken

    def accept(self, demand: UUID, move: Move, fact: Any) -> None:
        """Remember that the move was made."""
        if isinstance(fact, Registered):
            self.demands[demand] = ShadowDemand("")
        mine = self.demands[demand]
        mine.recorded.append((move.name, fact))
        goal = move.to if isinstance(move.to, str) else mine.came_from if move.to is BACK else mine.state
        if goal != mine.state:
            mine.state, mine.came_from = goal, mine.state
        mine.ended_as = self._ends[mine.state]
        means = set(move.meanings)
        mine.asked |= bool(means & {"asked", "evaluated"})
        mine.evaluated |= "evaluated" in means
        if isinstance(fact, ContractedOut | HandedBack):
            mine.contractor = getattr(fact, "contractor", None)
        if isinstance(fact, Reported):
            mine.reported = fact.resolved
        if means & NEW_ROUND:
            mine.round += 1
            mine.asked = mine.evaluated = False
            mine.reported = None

    def differences(self, demand: Demand) -> list[str]:
        """Where the engine's demand is not what it should be."""
        mine = self.demands[demand.id]
        pairs = {
            "state": (mine.state, demand.state),
            "round": (mine.round, demand.round),
            "ended_as": (mine.ended_as, demand.ended_as),
            "version": (len(mine.recorded), demand.version),
            "asked": (mine.asked, demand.asked),
            "evaluated": (mine.evaluated, demand.evaluated),
        }
        if not any(move == "correct" for move, _ in mine.recorded):
            pairs |= {
                "contractor": (mine.contractor, demand.contractor),
                "reported": (mine.reported, demand.reported_resolved),
            }
        return [f"{name}: expected {want}, got {got}" for name, (want, got) in pairs.items() if want != got]
