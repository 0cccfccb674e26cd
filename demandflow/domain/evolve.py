"""How an event changes what is known of a demand: small functions, one a meaning and one a fact.

Nothing here refuses, and nothing fails, whatever an event says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from msgspec.structs import replace
from typing_extensions import TypeVar

from demandflow.domain import facts
from demandflow.domain.clocks.states import with_changes
from demandflow.domain.corrections import corrected
from demandflow.domain.demand import Demand, Round, Subject, set_part
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.merging import let_go, support_ended, supported, took_in
from demandflow.domain.own_fields import OURS, own_values
from demandflow.domain.stream import Change, Stream
from demandflow.domain.values import Role, Stage

S = TypeVar("S", bound=Stream, default=Demand)
Apply = Callable[[Demand, Event, Any, Change], None]
"""Of the demand before it, an event and its fact: what the change is."""


def evolve(stream: S | None, event: Event, of: type[S] = Demand) -> S:  # type: ignore[assignment]
    """The demand (or what else the stream is of) after one more event."""
    was = of(event.demand) if stream is None else stream
    meta, stamp, kind = event.meta, event.stamp, type(event.fact)
    at = meta.happened if was.last is None or meta.happened > was.last else was.last
    change: Change = {
        "version": event.version,
        "workflow": meta.workflow,
        "stamp": stamp,
        "last": at,
        "recorded": meta.recorded if was.recorded is None or meta.recorded > was.recorded else was.recorded,
        "facts": (*was.facts, kind),
    }
    if event.version > was.version + 1:
        change["missing"] = (*was.missing, (was.version + 1, event.version - 1))
    if stamp.state != was.stamp.state:
        change["came_from"], change["since"] = was.stamp.state, at
    if stamp.ended_as != was.stamp.ended_as:
        change["ended"] = None if stamp.ended_as is None else at
    if stamp.clocks is not None:
        change["clocks"] = with_changes(was.clocks, stamp.clocks, at)
    if stamp.declares is not None:
        change["declares"] = stamp.declares
    if meta.command_id is not None and (command := meta.command) is not None:
        change["commands"] = (*was.commands, (command, event.version))
    if kind not in OURS or kind is facts.UnknownFact or event.fact.__pydantic_extra__:
        change["_attributes"] = was._attributes | (said := own_values(event.fact))
        change["_attributes_from"] = was._attributes_from | dict.fromkeys(said, event.version)
        change["_earlier"] = was._earlier if event.earlier is None else {**was._earlier, event.version: event.earlier}
    if isinstance(was, Demand):
        _change_a_demand(was, event, change)
    elif was.changes is not None:
        was.changes(event, change)
    return replace(was, **change)


def fold(events: Iterable[Event], stream: S | None = None, of: type[S] = Demand) -> S | None:  # type: ignore[assignment]
    """The demand (or what else the stream is of) after these events; None if there are none."""
    for event in events:
        stream = evolve(stream, event, of)
    return stream


def _change_a_demand(was: Demand, event: Event, change: Change) -> None:
    fact = event.fact
    change["state_from"] = event.version if "since" in change else was.state_from
    if "since" in change:
        change["review"] = None
    for meaning in event.stamp.means or ():
        if (apply := MEANINGS.get(meaning)) is not None:
            apply(was, event, fact, change)
    for apply in said_by(type(fact)):
        apply(was, event, fact, change)
    if event.stamp.round != was.stamp.round and was.version:  # last: what ends a round belongs to it
        change["this_round"] = Round()
        change["audited"] = change.get("audited", was.audited) and event.stamp.stage != Stage.AUDIT


def _add(was: Demand, change: Change, who: str, *names: str | None) -> None:
    change[who] = (change.get(who) or getattr(was, who)).union([name for name in names if name is not None])


# what an event meant


def _accepted(was: Demand, event: Event, fact: Any, change: Change) -> None:
    change["audited"] = True
    _add(was, change, "auditors", event.meta.actor.id, event.meta.actor.unit)


def _told(was: Demand, event: Event, fact: Any, change: Change) -> None:
    set_part(was, change, "this_round", told_at=change["last"])
    _add(was, change, "clerks", event.meta.actor.id)


def _callback_missed(was: Demand, event: Event, fact: Any, change: Change) -> None:
    missed = was.this_round.missed_callbacks + 1
    set_part(was, change, "this_round", missed_callbacks=missed, missed_at=change["last"])


# fmt: off
MEANINGS: dict[str, Apply] = {
    "accepted": _accepted,
    "told": _told,
    "asked": lambda was, event, fact, change: set_part(was, change, "this_round", asked=True),
    "evaluated": lambda was, event, fact, change: set_part(was, change, "this_round", evaluated=True, asked=True),
    "callback_missed": _callback_missed,
    "escalated": lambda was, event, fact, change: set_part(was, change, "this_round", escalated=True),
    "taken_over": lambda was, event, fact, change: change.update(taken_over=True),
    "reopened": lambda was, event, fact, change: change.update(taken_over=False),
}
# fmt: on

# what its fact says


def _registered(was: Demand, event: Event, fact: Any, change: Change) -> None:
    change["received"] = change["last"]
    change["subject"] = Subject(
        *(fact.text, fact.channel, fact.place, fact.category, fact.urgency, fact.resident, fact.representative),
        *(fact.shared_with or (), fact.source, fact.reference, event.version, event.version),
    )
    if event.meta.actor.role != Role.RESIDENT:
        _add(was, change, "clerks", event.meta.actor.id)


def _sorted(was: Demand, event: Event, fact: Any, change: Change) -> None:
    if fact.category is not None:
        set_part(was, change, "subject", category=fact.category, category_from=event.version)
    if fact.place is not None:
        set_part(was, change, "subject", place=fact.place, place_from=event.version)
    if fact.urgency is not None:
        set_part(was, change, "subject", urgency=fact.urgency)


def _contracted_out(was: Demand, event: Event, fact: Any, change: Change) -> None:
    helpers, work = fact.co_handlers or (), was.work
    change["work"] = replace(
        work,
        contractor=fact.contractor,
        lead=fact.contractor,
        co_handlers=helpers,
        contracts=(*work.contracts, (event.version, fact.contractor)),
        workers=work.workers.union(helpers),
        contractor_from=event.version,
    )


def _worked(was: Demand, event: Event, fact: Any, change: Change) -> None:
    """Who does a contractor's work has worked on it, and the contractor with them."""
    actor, work = event.meta.actor, was.work
    given = (name for name in (work.contractor, *work.co_handlers) if name is not None)
    if theirs := [name for name in given if actor.speaks_for(name)]:
        change["work"] = replace(work, workers=work.workers.union((actor.id, *theirs)))


def _handed_back(was: Demand, event: Event, fact: Any, change: Change) -> None:
    set_part(was, change, "work", contractor=None, co_handlers=(), handbacks=was.work.handbacks + 1)


def _extended(was: Demand, event: Event, fact: Any, change: Change) -> None:
    if was.this_round.extension_asked is not None:
        set_part(was, change, "this_round", extension_asked=None)


def _reported(was: Demand, event: Event, fact: Any, change: Change) -> None:
    set_part(was, change, "this_round", reported_resolved=fact.resolved, report_from=event.version)
    workers = (change.get("work") or was.work).workers
    set_part(was, change, "work", workers=workers | {event.meta.actor.id})


def _evaluated(was: Demand, event: Event, fact: Any, change: Change) -> None:
    graded = {"grade": fact.grade, "grade_means": event.stamp.grade_means}
    graded |= {"scores": fact.scores or (), "score_means": event.stamp.score_means or ()}
    set_part(was, change, "this_round", resolved=fact.resolved, **graded, evaluation_from=event.version)
    _add(was, change, "evaluators", event.meta.actor.id, event.meta.actor.unit, fact.written_by)


# fmt: off
FACTS: dict[type[Fact], tuple[Apply, ...]] = {
    facts.Registered: (_registered,),
    facts.Sorted: (_sorted,),
    facts.DetailsAsked: (_worked,),
    facts.ContractedOut: (_contracted_out, _extended),
    facts.TakenOn: (_worked,),
    facts.HandedBack: (_worked, _handed_back),
    facts.ExtensionAsked: (
        _worked, lambda was, event, fact, change: set_part(was, change, "this_round", extension_asked=fact.until),
    ),
    facts.Extended: (_extended,),
    facts.Suspended: (_worked, lambda was, event, fact, change: change.update(review=fact.review)),
    facts.Resumed: (_worked,),
    facts.Reported: (_worked, _reported),
    facts.Evaluated: (_evaluated,),
    facts.Merged: (lambda was, event, fact, change: change.update(merged_into=fact.into),),
    facts.Unmerged: (lambda was, event, fact, change: change.update(merged_into=None),),
    facts.TookIn: (took_in,),
    facts.LetGo: (let_go,),
    facts.Supported: (supported,),
    facts.SupportEnded: (support_ended,),
    facts.Corrected: (corrected,),
}
# fmt: on


@cache
def said_by(kind: type[Fact]) -> tuple[Apply, ...]:
    """What such a fact changes; a community's own changes what the standard fact that it extends does."""
    return next((apply for base in kind.__mro__ if (apply := FACTS.get(base)) is not None), ())
