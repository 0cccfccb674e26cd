"""The world of a history: all that was accepted, in one list; how anything stood at any time is read off it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unicodedata import normalize

from demandflow.domain.demand import Demand, as_if
from demandflow.domain.events import Event, Meta
from demandflow.domain.facts import OTHER_SIDES, Corrected, Merged, MovedOver, Registered, Unmerged
from demandflow.domain.moves import Move, Proposal
from demandflow.domain.stream import Stream
from demandflow.domain.values import Role
from demandflow.testing.model.naming import is_a_key, key_of
from demandflow.testing.model.own import as_read
from demandflow.testing.model.step import ENTERED, Expected, Step, demand_id
from demandflow.testing.model.streams import Streams

ALLOWED_SKEW = timedelta(minutes=5)
"""So far clocks may differ."""


class World(Streams):
    """What was tried and what came of it, by the declared moves alone."""

    # what is tried

    def tell(self, step: Step) -> Expected:
        """What must come of the step; if it is to be recorded, it has happened afterwards."""
        self.clock.now += step.after
        expected = self.expected(step)
        taken = self.numbers.get(step.demand, demand_id(step.demand)) in self.streams
        self.record(expected.events)
        if expected.begins and not expected.named:
            self.numbers.pop(step.demand, None)
        elif expected.named and not taken:
            self.numbers[step.demand] = expected.before.id
        return expected

    # what must come of it

    def expected(self, step: Step) -> Expected:
        """What must come of the step, were it tried now."""
        before, kind = self.before(step), self.starting(step)
        wrong = self._other_kind(step, before) is not None
        named = kind is not None and (wrong or before.id != demand_id(step.demand))
        proposal = self.proposal(step, before)
        found = self._judged(step, before, proposal)
        if isinstance(found, int):
            return Expected(step, proposal, before, None, (), found, kind is not None, named)
        if isinstance(found, str):
            return Expected(step, proposal, before, found, (), 0, kind is not None, named)
        moves_to = step.fact.workflow if isinstance(step.fact, MovedOver) else None
        on = moves_to or self._on(step, before)
        table = self.tables[on]
        retrospect = True if proposal.at < self.clock.now - ALLOWED_SKEW else None
        command = None if step.command is None else normalize("NFC", step.command)
        why = (step.correlation, step.causation)
        meta = Meta(step.by, proposal.at, self.clock.now, on, command, *why, retrospect)
        events = [table.event(before, found, proposal, meta, self.events.get(before.id, ()))]
        if proposal.other is not None:
            side, other = table.side_of(proposal, before), table.move_of_side(proposal, before)
            there = as_if(meta, workflow=proposal.other.workflow, command_id=None, correlation=None, causation=None)
            events.append(table.event(proposal.other, other, side, there, self.events[proposal.other.id]))
        return Expected(step, proposal, before, None, tuple(events), 0, kind is not None, named)

    def is_possible(self, step: Step) -> bool:
        """Whether the step would be accepted now."""
        before = self.before(step)
        return not isinstance(self._judged(step, before, self.proposal(step, before)), str)

    def _judged(self, step: Step, before: Any, proposal: Proposal[Any]) -> Move | str | int:
        """The move that must be taken, the error, or the version that the same command led to."""
        if isinstance(step.fact, OTHER_SIDES):
            return "InvalidValue"
        if (error := self._other_kind(step, before)) is not None:
            return error
        if isinstance(step.fact, Corrected) and step.fact.own and self._read(step, step.fact, before) is None:
            return "InvalidValue"
        if (earlier := self._earlier(step)) is not None:
            return self._conflict(step, proposal, earlier) or earlier.version
        other: Any = proposal.other
        if other is not None and not isinstance(other, Demand):
            return "OtherKind"
        if self._poses_as_a_policy(step):
            return "InvalidValue"
        if (step.late or step.way == ENTERED) and (wrong := self._wrong_moment(step, proposal, before)) is not None:
            return wrong
        table = self.tables[self._on(step, before)]
        if isinstance(step.fact, MovedOver) and (error := table.unmoved(before, step.fact)) is not None:
            return error
        if step.seen is not None and before.version and step.seen > before.version:
            return "InvalidValue"
        if (then := self.outdated(step, before)) is not None:
            found = table.alone(then, as_if(proposal, at=max(proposal.at, then.last or proposal.at)))
            return found if isinstance(found, str) else "StaleDemand"
        return table.expected(before, proposal)

    def _other_kind(self, step: Step, before: Any) -> str | None:
        """The error where another kind of stream is said than it is, or nothing can be known by what is said."""
        kind = self.starting(step)
        if kind is None and step.of is not None:
            is_a_kind = isinstance(step.of, type) and issubclass(step.of, Stream)
            return "InvalidValue" if not is_a_kind else None if isinstance(before, step.of) else "OtherKind"
        if kind is None:
            return None
        others = step.of not in (None, kind) or (step.on is not None and self.workflows[step.on].of is not kind)
        known = key_of(step.fact, kind)
        return "InvalidValue" if others or (kind.KEY is not None and not is_a_key(known)) else None

    def _read(self, step: Step, correction: Corrected, before: Any) -> Corrected | None:
        """A correction of own fields as their class writes it; None if that does not take it."""
        events, earlier = self.events.get(before.id, ()), self._earlier(step)
        return as_read(correction, before, events if earlier is None else events[: earlier.version - 1])

    def _earlier(self, step: Step) -> Event | None:
        """What the same command, or the same reference, of before led to; ids of commands have one spelling."""
        it = self.id_of(step)
        events = self.events.get(it, ())
        if self.starting(step) is not None:
            return events[0] if events and it != demand_id(step.demand) else None
        command = normalize("NFC", step.command or "")
        return next((event for event in events if event.meta.command_id == command), None)

    def _conflict(self, step: Step, proposal: Proposal[Any], earlier: Event) -> str | None:
        """The error where it is not quite the same command."""
        workflow = self.workflows[earlier.meta.workflow]
        moves = [move for move in workflow.moves if move.name == step.move]
        made = (earlier.meta.actor, earlier.stamp.move)
        if (step.by, step.move) != made and not any(step.by.role in move.roles for move in moves):
            return "RoleNotAllowed"
        kind, source = self.starting(step), getattr(step.fact, "source", None)
        if kind is not None and (kind.KEY is not None or source is not None):
            # somebody else may say it again who might have registered it
            as_they = as_if(proposal, fact=earlier.fact, at=earlier.meta.happened)
            same = not isinstance(self.tables[workflow.key].expected(kind(earlier.demand), as_they), str)
            same = same and step.on in (None, workflow.key)
        else:
            same = (step.by, step.move) == made
        same_moment = not (step.late or step.way == ENTERED) or proposal.at == earlier.meta.happened
        return None if same and proposal.fact == earlier.fact and same_moment else "CommandConflict"

    def _poses_as_a_policy(self, step: Step) -> bool:
        """Whether somebody acts under the name of a policy that is run here; the commands of reactions begin so."""
        names = () if self.policies is None else self.policies.names
        return step.by.role == "policy" and step.by.id in names and not (step.command or "").startswith("~")

    def _wrong_moment(self, step: Step, proposal: Proposal[Any], before: Any) -> str | None:
        """The error where it is yet to come; or is long past, and was entered without the right to backdate."""
        now, last = self.clock.now, [one.last for one in (before, proposal.other) if one is not None and one.last]
        if proposal.at > max(now + ALLOWED_SKEW, *last, now):
            return "InvalidValue"
        may = step.way != ENTERED or step.by.role in self.environment.backdating
        return None if may or now - proposal.at <= self.environment.late_entry else "BackdatingNotAllowed"

    def outdated(self, step: Step, before: Any) -> Any:
        """The demand as the step's author saw it, if that is no longer so."""
        if step.seen is None or not before.version:
            return None
        then = self.after(before.id, min(step.seen, before.version))
        seen, now = ((one.state, getattr(one, "contractor", None), one.round) for one in (then, before))
        return None if seen == now else then

    def proposal(self, step: Step, before: Any) -> Proposal[Any]:
        """The step as the engine must propose it."""
        fact = step.fact
        alone = isinstance(fact, Registered) and fact.resident is None and fact.representative is None
        if alone and step.by.role == Role.RESIDENT:
            fact = fact.model_copy(update={"resident": step.by.id})
        if isinstance(fact, Corrected) and fact.own:
            fact = self._read(step, fact, before) or fact
        into = None
        if isinstance(before, Demand):
            into = fact.into if isinstance(fact, Merged) else before.merged_into if isinstance(fact, Unmerged) else None
        other = None if into is None else self.streams[into]
        last = [self.clock.now, *(one.last for one in (before, other) if one is not None and one.last is not None)]
        at = self.clock.now - step.late if step.late or step.way == ENTERED else max(last)
        return Proposal(step.move, fact, step.by, at, other)
