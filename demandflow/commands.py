"""What a community does, one method each. Every method proposes one fact to the same door."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Unpack
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.evolve import S
from demandflow.domain.fact import Fact, checked
from demandflow.domain.facts import (
    Accepted,
    CallbackMissed,
    ContractedOut,
    Corrected,
    DetailsAsked,
    DetailsGiven,
    Escalated,
    Evaluated,
    Extended,
    ExtensionAsked,
    FedBack,
    HandedBack,
    Merged,
    MovedOver,
    Noted,
    NoticeEnded,
    Notified,
    Refused,
    Registered,
    Reopened,
    Reported,
    Resumed,
    Sorted,
    Stepped,
    Suspended,
    TakenOn,
    Unmerged,
    Withdrawn,
)
from demandflow.domain.stream import Stream, of_kind
from demandflow.domain.values import Actor, Category, Channel, FeedbackMethod, Grade, Place, Urgency
from demandflow.errors import InvalidValue, brief
from demandflow.recording.command import Circumstances, How, as_id, command_from
from demandflow.recording.registering import Registering
from demandflow.recording.supporting import Supporting


class Commands(Supporting, Registering):
    """All that can be done to demands; each method returns the demand after it, or raises and records nothing.

    Each takes `by=Actor(…)`, and maybe `at`,
    `command_id`, `seen`, `correlation` and `causation` (see How).

    Raises MoveNotAllowed, RoleNotAllowed, RuleBroken, BackdatingNotAllowed or StaleDemand (the Refusals), InvalidValue,
    DemandNotFound, CommandConflict, ClockBehind or StorageBusy.
    """

    # for any workflow

    def start(
        self,
        fact: Fact,
        *,
        workflow: str | None = None,
        of: type[S] = Demand,  # type: ignore[assignment]
        **how: Unpack[Circumstances],
    ) -> S:
        """Register a demand by its fact (or begin a stream `of` another kind), on a workflow (`name@version`).

        Without `workflow`, on the first given to open() that begins with such a fact.
        A resident who registers and names nobody asks for themselves.
        With source and reference, a key or a command id, doing it again returns what was recorded the first time;
        CommandConflict if it says something else. Raises UnknownWorkflow.
        """
        return self._started(checked(fact), workflow, how, of if of is Demand else kind_of_stream(of))

    def would_start(
        self,
        fact: Fact,
        *,
        workflow: str | None = None,
        of: type[S] = Demand,  # type: ignore[assignment]
        **how: Unpack[Circumstances],
    ) -> S:
        """The demand that start() would return, or what it would raise; nothing is recorded.

        Without source and reference, a key or a command id, its id is all zeros: none is made for it.
        """
        command, on, derived = self._start(checked(fact), workflow, how, kind_of_stream(of), made=False)
        return of_kind(self._handler.trying().start(command, on, derived=derived, chosen=workflow is not None), of)

    def act(self, demand_id: UUID, move: str, fact: Fact, *, of: type[S] = Demand, **how: Unpack[How]) -> S:  # type: ignore[assignment]
        """Make any move of the demand's workflow, with its fact. A merge records both sides.

        `of` says of which kind the stream is, if it is no demand: `of=Activity`. Raises OtherKind if it is another.
        """
        command = command_from(as_id(demand_id), move, checked(fact), how)
        return self._handler.handle(command, of if of is Demand else kind_of_stream(of))

    def would(self, demand_id: UUID, move: str, fact: Fact, *, of: type[S] = Demand, **how: Unpack[How]) -> S:  # type: ignore[assignment]
        """The demand as act() would return it, or what it would raise; nothing is recorded."""
        command = command_from(as_id(demand_id), move, checked(fact), how)
        return self._handler.trying().handle(command, kind_of_stream(of))

    def stream(self, kind: type[S], stream_id: UUID) -> S:
        """The stream of this kind as it is: `flow.stream(Activity, id)`. Raises DemandNotFound, and OtherKind."""
        return of_kind(self._handler.demands.current(as_id(stream_id)), kind_of_stream(kind, "kind"))

    def events(self, demand_id: UUID) -> tuple[Event, ...]:
        """What is recorded of the demand: each fact with its circumstances and what it meant. Raises DemandNotFound."""
        return tuple(self._handler.demands.events(as_id(demand_id)))

    # registration and audit

    def register(
        self,
        text: str,
        *,
        channel: str,
        place: str,
        resident: str | None = None,
        representative: str | None = None,
        shared_with: tuple[str, ...] | None = None,
        category: str | None = None,
        urgency: str | None = None,
        source: str | None = None,
        reference: str | None = None,
        due: datetime | None = None,
        workflow: str | None = None,
        **how: Unpack[Circumstances],
    ) -> Demand:
        """Write down what a resident asks for; without a resident it is anonymous.

        A resident who registers and names nobody asks for themselves. (source, reference) is where another system
        keeps it: registering it again changes nothing.
        """
        fact = Registered(
            text=text,
            channel=Channel(channel),
            place=Place(place),
            resident=resident,
            representative=representative,
            shared_with=shared_with,
            category=_category(category),
            urgency=_urgency(urgency),
            source=source,
            reference=reference,
            due=due,
        )
        return self._started(fact, workflow, how, Demand)

    def sort(
        self,
        demand_id: UUID,
        *,
        category: str | None = None,
        place: str | None = None,
        urgency: str | None = None,
        **how: Unpack[How],
    ) -> Demand:
        """Say what it is about, where, and how urgent; at least one of them."""
        where = None if place is None else Place(place)
        fact = Sorted(category=_category(category), place=where, urgency=_urgency(urgency))
        return self._act(demand_id, "sort", fact, how)

    def ask_details(self, demand_id: UUID, question: str, **how: Unpack[How]) -> Demand:
        """Ask the resident something before going on."""
        return self._act(demand_id, "ask_details", DetailsAsked(question=question), how)

    def give_details(self, demand_id: UUID, answer: str, **how: Unpack[How]) -> Demand:
        """Answer what was asked; a grid administrator may write it down for the resident."""
        return self._act(demand_id, "give_details", DetailsGiven(answer=answer), how)

    def no_answer(self, demand_id: UUID, note: str | None = None, **how: Unpack[How]) -> Demand:
        """Go on without the details: nobody answered."""
        return self._act(demand_id, "no_answer", Stepped(note=note), how)

    def accept(self, demand_id: UUID, note: str | None = None, **how: Unpack[How]) -> Demand:
        """Let the demand pass the audit, so that it can be contracted out."""
        return self._act(demand_id, "accept", Accepted(note=note), how)

    def refuse(self, demand_id: UUID, code: str, words: str, **how: Unpack[How]) -> Demand:
        """Refuse it: a code for the figures, words for the resident, who may appeal."""
        return self._act(demand_id, "refuse", Refused(code=code, words=words), how)

    def answer(self, demand_id: UUID, words: str, *, resolved: bool = True, **how: Unpack[How]) -> Demand:
        """Settle it on the spot, in its first round."""
        return self._act(demand_id, "answer", Reported(resolved=resolved, words=words), how)

    # contracting

    def contract_out(
        self,
        demand_id: UUID,
        contractor: str,
        *,
        co_handlers: tuple[str, ...] | None = None,
        due: datetime | None = None,
        reason: str | None = None,
        **how: Unpack[How],
    ) -> Demand:
        """Give the work to a unit, a team or a volunteer; the contractor leads, co-handlers help."""
        fact = ContractedOut(contractor=contractor, co_handlers=co_handlers, due=due, reason=reason)
        return self._act(demand_id, "contract_out", fact, how)

    def recall(
        self,
        demand_id: UUID,
        contractor: str,
        *,
        co_handlers: tuple[str, ...] | None = None,
        due: datetime | None = None,
        reason: str | None = None,
        **how: Unpack[How],
    ) -> Demand:
        """Take the work away from its contractor and contract it out anew."""
        fact = ContractedOut(contractor=contractor, co_handlers=co_handlers, due=due, reason=reason)
        return self._act(demand_id, "recall", fact, how)

    def take_on(self, demand_id: UUID, note: str | None = None, **how: Unpack[How]) -> Demand:
        """Begin the work."""
        return self._act(demand_id, "take_on", TakenOn(note=note), how)

    def hand_back(self, demand_id: UUID, reason: str, **how: Unpack[How]) -> Demand:
        """Return the demand: it is not ours. The dispatcher decides what next."""
        return self._act(demand_id, "hand_back", HandedBack(reason=reason), how)

    # the work

    def ask_extension(self, demand_id: UUID, until: datetime, reason: str, **how: Unpack[How]) -> Demand:
        """Ask for a later due moment."""
        return self._act(demand_id, "ask_extension", ExtensionAsked(until=until, reason=reason), how)

    def extend(self, demand_id: UUID, due: datetime, reason: str | None = None, **how: Unpack[How]) -> Demand:
        """Grant a later due moment that was asked for."""
        return self._act(demand_id, "extend", Extended(due=due, reason=reason), how)

    def suspend(self, demand_id: UUID, reason: str, *, review: datetime, **how: Unpack[How]) -> Demand:
        """Let the work rest until it is looked at again."""
        return self._act(demand_id, "suspend", Suspended(reason=reason, review=review), how)

    def resume(self, demand_id: UUID, note: str | None = None, **how: Unpack[How]) -> Demand:
        """Go on with the work."""
        return self._act(demand_id, "resume", Resumed(note=note), how)

    def report(self, demand_id: UUID, words: str, *, resolved: bool = True, **how: Unpack[How]) -> Demand:
        """Say what was done, and whether that resolved it."""
        return self._act(demand_id, "report", Reported(resolved=resolved, words=words), how)

    # feedback and evaluation

    def feed_back(self, demand_id: UUID, way: str, words: str | None = None, **how: Unpack[How]) -> Demand:
        """Tell the resident the outcome; to_be_told() says who else is to be told: everyone merged into it.

        So are those who support it: `demand.to_be_told`.
        """
        return self._act(demand_id, "feed_back", FedBack(way=FeedbackMethod(way), words=words), how)

    def evaluate(
        self,
        demand_id: UUID,
        *,
        resolved: bool,
        grade: str,
        words: str | None = None,
        written_by: str | None = None,
        scores: Mapping[str, str] | None = None,
        **how: Unpack[How],
    ) -> Demand:
        """Say, as the resident, whether it is resolved and how satisfied you are; maybe a clerk wrote it down.

        `scores` grades single sides of the work, by the names that the workflow's scale declares.
        """
        said: Any = scores  # read by the fact
        fact = Evaluated(resolved=resolved, grade=Grade(grade), words=words, written_by=written_by, scores=said)
        return self._act(demand_id, "evaluate", fact, how)

    def miss_callback(self, demand_id: UUID, note: str | None = None, **how: Unpack[How]) -> Demand:
        """The resident was called and could not be reached; after so many calls it is closed as silent."""
        return self._act(demand_id, "miss_callback", CallbackMissed(note=note), how)

    def end_notice(self, demand_id: UUID, note: str | None = None, **how: Unpack[How]) -> Demand:
        """Close an anonymous demand as silent, once the public notice has hung for its time."""
        return self._act(demand_id, "end_notice", NoticeEnded(note=note), how)

    # the other ends, and coming back

    def withdraw(
        self, demand_id: UUID, reason: str | None = None, *, asked_by: str | None = None, **how: Unpack[How]
    ) -> Demand:
        """Take it back, as the resident; or write that down for the resident, or who acts for them, as `asked_by`."""
        return self._act(demand_id, "withdraw", Withdrawn(reason=reason, asked_by=asked_by), how)

    def merge(self, demand_id: UUID, *, into: UUID, reason: str | None = None, **how: Unpack[How]) -> Demand:
        """Let it go on in another, open demand about the same thing; both sides are recorded together."""
        return self._act(demand_id, "merge", Merged(into=as_id(into), reason=reason), how)

    def unmerge(self, demand_id: UUID, reason: str, **how: Unpack[How]) -> Demand:
        """Let it go on by itself again, where it stood; both sides are recorded together."""
        return self._act(demand_id, "unmerge", Unmerged(reason=reason), how)

    def reopen(self, demand_id: UUID, reason: str, **how: Unpack[How]) -> Demand:
        """Take a closed or withdrawn demand up again, as the resident, within the window."""
        return self._act(demand_id, "reopen", Reopened(reason=reason), how)

    def appeal(self, demand_id: UUID, reason: str, **how: Unpack[How]) -> Demand:
        """Ask, as the resident, to look at a refused demand again, within the window."""
        return self._act(demand_id, "appeal", Reopened(reason=reason), how)

    # everywhere

    def escalate(self, demand_id: UUID, reason: str, **how: Unpack[How]) -> Demand:
        """Mark it for somebody higher up; it stays where it is."""
        return self._act(demand_id, "escalate", Escalated(reason=reason), how)

    def notify(
        self, demand_id: UUID, to: str, kind: str, what: str, *, whom: str | None = None, **how: Unpack[How]
    ) -> Demand:
        """Have somebody told something: a role, of what kind the notice is, its words, and maybe who in the role."""
        return self._act(demand_id, "notify", Notified(to=to, kind=kind, what=what, whom=whom), how)

    def correct(
        self,
        demand_id: UUID,
        event: int,
        reason: str,
        *,
        category: str | None = None,
        place: str | None = None,
        channel: str | None = None,
        contractor: str | None = None,
        resolved: bool | None = None,
        grade: str | None = None,
        confirmed_by: str | None = None,
        scores: Mapping[str, str] | None = None,
        own: Mapping[str, Any] | None = None,
        **how: Unpack[How],
    ) -> Demand:
        """Replace fields of an earlier event (its version), from that event's day on; the log keeps both.

        What a resident said is corrected on their word, or on that of a second person: `confirmed_by`. `own` are fields
        of the event's own class, which must take the values: `own={"rooms": 4}`.
        """
        said: Any = scores
        own_said: Any = own  # both are read by the fact
        fact = Corrected(
            event=event,
            reason=reason,
            category=_category(category),
            place=None if place is None else Place(place),
            channel=None if channel is None else Channel(channel),
            contractor=contractor,
            resolved=resolved,
            grade=None if grade is None else Grade(grade),
            confirmed_by=confirmed_by,
            scores=said,
            own=own_said,
        )
        return self._act(demand_id, "correct", fact, how)

    def migrate(self, demand_id: UUID, workflow: str, *, reason: str | None = None, **how: Unpack[How]) -> Demand:
        """Let a running demand go on under another workflow (`name@version`), which must have its state.

        The other workflow says who may: by its move that records MovedOver. Raises UnknownWorkflow as well.
        """
        target, by = self._workflows[self._key(workflow)], how.get("by")
        state = self._handler.demands.current(as_id(demand_id)).state
        move = target.move_of(MovedOver, state, by.role if isinstance(by, Actor) else None) or "move_over"
        return self._act(demand_id, move, MovedOver(workflow=target.key, reason=reason), how)

    def note(self, demand_id: UUID, text: str, **how: Unpack[How]) -> Demand:
        """Keep something worth remembering with it."""
        return self._act(demand_id, "note", Noted(text=text), how)

    def _act(self, demand_id: UUID, move: str, fact: Fact, how: Mapping[str, Any]) -> Demand:
        return self._handler.handle(command_from(as_id(demand_id), move, fact, how), Demand)


def kind_of_stream(kind: type[S], what: str = "of") -> type[S]:
    """The value, if it is a kind of stream. Raises InvalidValue."""
    if isinstance(kind, type) and issubclass(kind, Stream):
        return kind
    raise InvalidValue(what, f"must be a kind of stream, for instance Demand, got {brief(kind)}")


def _urgency(urgency: str | None) -> Urgency | None:
    return None if urgency is None else Urgency(urgency)


def _category(category: str | None) -> Category | None:
    return None if category is None else Category(category)
