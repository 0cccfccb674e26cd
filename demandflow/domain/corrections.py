"""Corrections: what earlier events should have said, applied to the demand and to its history."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from demandflow.domain.demand import Demand, set_part
from demandflow.domain.events import Event
from demandflow.domain.fact import Earlier, Fact
from demandflow.domain.facts import ContractedOut, Corrected, Evaluated, Registered, Sorted, correctable
from demandflow.domain.own_fields import as_said, earlier_with, with_own
from demandflow.domain.standard.scores import corrected_meanings, corrected_scores
from demandflow.domain.stream import Change
from demandflow.errors import UnreadableEvent, brief, listed


def corrected(was: Demand, event: Event, fact: Any, change: Change) -> None:
    """Apply a correction to the demand, except where a later event has said something else."""
    named, kind, work, this_round = fact.event, was.fact_of(fact.event), was.work, was.this_round
    if kind is None:
        return
    if fact.own is not None:
        _correct_own(was, event, kind, change)
    if fact.channel is not None and issubclass(kind, Registered):
        set_part(was, change, "subject", channel=fact.channel)
    if issubclass(kind, Registered | Sorted):
        if fact.place is not None and named >= was.subject.place_from:
            set_part(was, change, "subject", place=fact.place, place_from=named)
        if fact.category is not None and named >= was.subject.category_from:
            set_part(was, change, "subject", category=fact.category, category_from=named)
    if fact.contractor is not None and issubclass(kind, ContractedOut):
        contracts = tuple((at, fact.contractor if at == named else name) for at, name in work.contracts)
        set_part(was, change, "work", contracts=contracts)
        if named == work.contractor_from:
            has_it = fact.contractor if work.contractor is not None else None
            set_part(was, change, "work", lead=fact.contractor, contractor=has_it)
    if fact.resolved is not None and named == this_round.report_from:
        set_part(was, change, "this_round", reported_resolved=fact.resolved)
    if named == this_round.evaluation_from:
        resolved = this_round.resolved if fact.resolved is None else fact.resolved
        set_part(was, change, "this_round", resolved=resolved)
        if fact.grade is not None:
            set_part(was, change, "this_round", grade=fact.grade, grade_means=event.stamp.grade_means)
        if fact.scores is not None:
            scores = corrected_scores(this_round.scores, fact.scores)
            means = corrected_meanings(this_round.score_means, fact.scores, event.stamp.score_means or ())
            set_part(was, change, "this_round", scores=scores, score_means=means)


def _correct_own(was: Demand, event: Event, kind: type[Fact], change: Change) -> None:
    fact: Any = event.fact
    values, since = change.get("_attributes", was._attributes), change.get("_attributes_from", was._attributes_from)
    earlier = was._earlier.get(fact.event)
    new = _said_of_own(event, kind, earlier)
    said = {name: value for name, value in new.items() if fact.event >= since.get(name, 0)}
    change["_attributes"], change["_attributes_from"] = values | said, since | dict.fromkeys(said, fact.event)
    if (stored := earlier_with(earlier, fact.own)) is not None:
        change["_earlier"] = {**was._earlier, fact.event: stored}


def _said_of_own(event: Event, kind: type[Fact], earlier: Earlier | None) -> dict[str, Any]:
    """What a correction says of own fields. Raises UnreadableEvent if it cannot be said in today's."""
    fact: Any = event.fact
    try:
        return as_said(kind, fact.own, earlier)
    except Exception as error:  # a community's function may raise anything
        names, (first, *_) = listed(name for name, _ in fact.own), [*str(error).splitlines(), ""]
        why = f"{kind.__name__} cannot say {names} ({type(error).__name__}: {brief(first)})"
        raise UnreadableEvent(str(event.demand), event.version, fact.TOPIC, why) from None


def with_corrections(events: list[Event]) -> list[Event]:
    """The demand's events (all, in order) as they should have been recorded; the later correction wins.

    The corrections themselves stay, but without the fields that they replaced.
    """
    by_version = {event.version: event for event in events}
    for event in events:
        if not isinstance(event.fact, Corrected):
            continue
        named = by_version.get(event.fact.event)
        if named is not None and named.version < event.version:
            allowed = correctable(type(named.fact))
            fields = {name: value for name, value in event.fact.replaced.items() if name in allowed}
            stamp = replace(named.stamp, grade_means=event.stamp.grade_means) if "grade" in fields else named.stamp
            if isinstance(named.fact, Evaluated) and (said := fields.get("scores")) is not None:
                fields["scores"] = corrected_scores(named.fact.scores or (), said)
                means = corrected_meanings(stamp.score_means or (), said, event.stamp.score_means or ())
                stamp = replace(stamp, score_means=means or None)
            right = named.fact.model_copy(update=fields)
            if (own := event.fact.own) is not None:
                right = with_own(right, _said_of_own(event, type(right), named.earlier))
                named = replace(named, earlier=earlier_with(named.earlier, own))
            by_version[named.version] = replace(named, fact=right, stamp=stamp)
        applied = event.fact.model_copy(update=dict.fromkeys((*event.fact.replaced, "own")))
        by_version[event.version] = replace(event, fact=applied)
    return list(by_version.values())
