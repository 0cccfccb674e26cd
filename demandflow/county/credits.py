"""What people earn by an event: of which measure, how much, at which moment, for which home organisation.

A demand stands for the sums of who had it last; an event books the old ones out and the new ones in, so that what is
reopened or corrected later is right in the end, and a report of before still says what was known then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from demandflow.domain.county.people.activities import Activity, AttendanceCorrected, Attended
from demandflow.domain.county.people.commitments import Promised, date_of
from demandflow.domain.county.people.teams import Done, Team
from demandflow.domain.county.people.volunteers import ReportedIn, Volunteer
from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.stream import Stream
from demandflow.projections.standing import COUNTS, standing
from demandflow.projections.streams import Credit, Home

MINUTES, PARTICIPATIONS, THINGS, REPORTED_IN = "minutes", "participations", "things done", "reported in"
OF_CLOSED = {"resolved": "resolved", "evaluated": "graded", "satisfied": "graded_satisfied"}
"""What is counted of closed demands beside their number, and by which count of the figures."""
KEPT, LATE, BROKEN, WITHDRAWN = "kept", "late", "broken", "withdrawn"
UNCLAIMED = "unclaimed"
"""A commitment that is published and not claimed; it is booked at its date, so that only an overdue one is in a sum."""


def earned(before: Stream | None, event: Event, after: Stream) -> Sequence[Credit | Home]:
    """The credits that the event books, and the home that it changes."""
    if isinstance(after, Demand):
        return list(_of_demand(before, after))
    if isinstance(after, Activity):
        return list(_of_activity(before, event, after))
    if isinstance(after, Volunteer):
        return list(_of_volunteer(before, event, after))
    return list(_of_team(event, after)) if isinstance(after, Team) else ()


def _of_demand(before: Stream | None, after: Demand) -> Iterator[Credit]:
    change = Counter(stands_for(after))
    change.subtract(stands_for(before) if isinstance(before, Demand) else {})
    # what goes out comes first: what comes in for it, of the same end, is for the same home
    for (who, measure, at), amount in sorted(change.items(), key=lambda item: item[1]):
        if amount:
            yield Credit(who, measure, amount, at, None, after.workflow.partition("@")[0], again=True)


def stands_for(demand: Demand) -> dict[tuple[str, str, datetime], int]:
    """What a demand stands for: of whom, which measure, when, and how much."""
    if demand.facts and issubclass(demand.facts[0], Promised):
        return _commitment(demand)
    if demand.ended_as != "closed" or demand.ended is None or demand.lead is None:
        return {}
    number = standing(demand)
    amounts = {"closed": 1, **{name: int(COUNTS[count].includes(number)) for name, count in OF_CLOSED.items()}}
    minutes = demand.attributes.get("minutes")
    amounts[MINUTES] = minutes if type(minutes) is int else 0
    return {(demand.lead, name, demand.ended): amount for name, amount in amounts.items() if amount}


def _commitment(demand: Demand) -> dict[tuple[str, str, datetime], int]:
    who, date = demand.attributes.get("promiser"), date_of(demand)
    if not isinstance(who, str) or demand.lead is None:
        return {}
    if demand.state == "published" and date is not None:
        return {(who, UNCLAIMED, date): 1}
    ended = {"withdrawn": WITHDRAWN, "closed": demand.state}.get(demand.ended_as or "")
    return {} if ended is None or demand.ended is None else {(who, ended, demand.ended): 1}


def _of_activity(before: Stream | None, event: Event, after: Activity) -> Iterator[Credit]:
    if not isinstance(event.fact, Attended | AttendanceCorrected) or after.starts is None:
        return
    who = event.fact.who
    was, now = (one.attendance(who) if isinstance(one, Activity) else None for one in (before, after))
    if now is None or was == now:
        return
    minutes = 0 if was is None else was.minutes
    for measure, amount in (
        (PARTICIPATIONS, int(now.minutes > 0) - int(minutes > 0)),
        (MINUTES, now.minutes - minutes),
    ):
        if amount:
            yield Credit(who, measure, amount, after.starts, now.home, again=True)


def _of_volunteer(before: Stream | None, event: Event, after: Volunteer) -> Iterator[Credit | Home]:
    was = before if isinstance(before, Volunteer) else None
    if after.home is not None and (was is None or was.home != after.home):
        yield Home(after.who, after.home)
    if isinstance(event.fact, ReportedIn) and after.last is not None and (was is None or was != after):
        yield Credit(after.who, REPORTED_IN, 1, after.last, after.home)


def _of_team(event: Event, after: Team) -> Iterator[Credit | Home]:
    if event.version == 1 and after.home is not None:
        yield Home(after.team, after.home)
    if isinstance(fact := event.fact, Done) and after.last is not None:
        homes = {person.who: person.home for person in after.people}
        yield Credit(after.team, THINGS, 1, after.last)
        for who in dict.fromkeys(fact.who):
            yield Credit(who, THINGS, 1, after.last, homes.get(who))
            if fact.minutes:
                yield Credit(who, MINUTES, fact.minutes, after.last, homes.get(who))
