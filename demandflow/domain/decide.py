"""Deciding: what a caller wants recorded, and the one door through which every fact passes and gets its meaning."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from demandflow.domain.clocks.changes import clock_changes, demand_due, outcome_of
from demandflow.domain.events import Event, Meta, Stamp
from demandflow.domain.fact import Fact
from demandflow.domain.facts import MovedOver
from demandflow.domain.moves import Proposal
from demandflow.domain.stream import Stream
from demandflow.domain.values import Actor
from demandflow.domain.workflow import Row, Workflow
from demandflow.errors import RuleBroken


class Command(Struct, frozen=True):
    """What a caller wants recorded, and in which circumstances; see recording/command.py."""

    demand: UUID
    move: str
    fact: Fact
    by: Actor
    at: datetime | None = None
    command_id: str | None = None
    seen: Stream | int | None = None
    correlation: str | None = None
    causation: str | None = None
    reaction: bool = False
    given_id: str | None = None

    @property
    def seen_version(self) -> int:
        """The version that the caller saw; 0 if they did not say."""
        return self.seen.version if isinstance(self.seen, Stream) else self.seen or 0


def decide(workflow: Workflow, demand: Stream, proposal: Proposal[Any], meta: Meta | None = None) -> Event:
    """The event by which the proposed fact is recorded; without `meta`, as if it were recorded as it happens.

    Raises MoveNotAllowed, RoleNotAllowed, RuleBroken (with every objection), or InvalidValue for a wrong fact or grade.
    """
    row = workflow.row_for(demand, proposal)
    if objections := workflow.objections(row, demand, proposal):
        raise RuleBroken(row.move.name, objections)
    return event_of(workflow, demand, proposal, row, meta)


def event_of(workflow: Workflow, demand: Stream, proposal: Proposal[Any], row: Row, meta: Meta | None = None) -> Event:
    """The event by which the proposed fact is recorded if it takes this row, whatever its rules say."""
    fact, state = proposal.fact, row.leads_to
    new_here = demand.version == 0 or isinstance(fact, MovedOver)
    round_after = demand.round + 1 if demand.version == 0 or row.begins_a_round else demand.round
    at = proposal.at if demand.last is None else max(proposal.at, demand.last)
    outcome = outcome_of(demand, fact, at, state.name, round_after, state.ended_as, row.means)
    stamp = Stamp(
        row.move.name,
        state.name,
        row.stage,
        round_after,
        state.ended_as,
        row.means or None,
        demand_due(workflow.clocks, demand, outcome),
        workflow.meanings if new_here else None,
        clock_changes(workflow.clocks, demand, outcome) or None,
        workflow.of.KIND,
        workflow.grades.meaning_of(fact) if row.gives_a_grade else None,
        workflow.grades.meanings_of(fact) if row.gives_a_grade else None,
    )
    meta = meta or Meta(proposal.by, proposal.at, proposal.at, workflow.key)
    return Event(demand.id, demand.version + 1, fact, meta, stamp)
