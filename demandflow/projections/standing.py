"""What a demand counts as in the figures: its standing, which is one number, and the counts that look at it.

A count asks `standing & mask == bits`, so that the identity and "resolved ≤ closed" hold by construction.
The tables keep these numbers: a change of their layout needs a new DEFINITIONS_VERSION, so that they are rebuilt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from demandflow.domain.clocks.states import ClockState
from demandflow.domain.demand import Demand, Round
from demandflow.domain.moves import ENDS, MEANINGS
from demandflow.domain.standard.grades import FIVE
from demandflow.projections.board.own import in_slice, values_in

DEFINITIONS_VERSION = 8

ENDED = 0b111
CLOSED, REFUSED, WITHDRAWN, MERGED = 1, 2, 3, 4
RESOLVED, EVALUATED, ASKED, REPORTED_RESOLVED = 1 << 3, 1 << 4, 1 << 5, 1 << 6
GRADE, CLOCK = 0b111 << 7, 0b111 << 10
GRADES = {grade: number << 7 for number, grade in enumerate(FIVE, start=1)}
RUNNING, MET, MISSED, STOPPED = (number << 10 for number in range(1, 5))
DECLARES = {meaning: 1 << 13 + number for number, meaning in enumerate(MEANINGS)}
GRADED, GRADED_SATISFIED, PARTLY_SATISFIED = 1 << 30, 1 << 31, 1 << 32
WEIGHT_AT, WEIGHT = 33, 0b1111111 << 33
"""What the grade weighs, in hundredths."""
HALF = 50
_ENDED_AS = {None: 0} | {end: number for number, end in enumerate(ENDS, start=1)}

HAPPENINGS = {
    "evaluated_at_all" if meaning == "evaluated" else meaning: meaning
    for meaning in MEANINGS
    if meaning not in ("taken_on", "reported", "told", "asked")
}
"""The counts of happenings, by name, with their meaning; `evaluated` alone is a standing count."""
IN_RETROSPECT = "in_retrospect"
"""The meaning of every event that is entered later than it happened, in all workflows."""
HAPPENINGS[IN_RETROSPECT] = IN_RETROSPECT

CODES = {meaning: -number for number, meaning in enumerate(MEANINGS, start=1)}
"""The numbers of happenings in the ledger, below zero, where standings never are. The tables keep this order."""
CODES[IN_RETROSPECT] = -100
MEANING_OF = {code: meaning for meaning, code in CODES.items()}

CLOCKS_AT = 40
"""In a number of the ledger, the bits from here on are for the clocks; those below are the standing."""
UNDATED = "undated"
"""The status of a clock that goes on without a due moment; in the figures it counts as running, too."""
CLOCK_STATUSES = ("running", "met", "missed", "stopped", UNDATED)
"""The statuses of a clock that has run; a paused clock has not ended, so it counts as running."""

OF_SCORES, SATISFIED, NOT_SATISFIED = "\t", "satisfied", "other"
"""What the status of a score begins with, which no clock's name does; and what a score can be."""
OF_WORKFLOWS = "\v"
"""What the name of a workflow begins with, under which stands what its evaluations come to: see of_workflow()."""
SATISFACTION = ENDED | DECLARES["evaluated"] | GRADED | GRADED_SATISFIED | PARTLY_SATISFIED | WEIGHT
"""The bits of a standing that satisfaction is made of."""

NO_CLOCK = ""
"""The name of a due moment that a fact gave to the whole demand, and no clock."""


class Slice(NamedTuple):
    """The dimensions of figures; empty where a demand has none. `lead` was given the work last.

    `own_json` is what those own fields say that are dimensions, `own` the same to look into.
    """

    place: str
    channel: str
    category: str
    lead: str
    workflow: str
    own_json: str = ""

    @property
    def own(self) -> dict[str, Any]:
        """What own fields say that are dimensions, by field, as JSON has it."""
        return values_in(self.own_json)


@dataclass(frozen=True)
class Count:
    """A count of standings; `needs` is the meaning that a workflow must declare, else the count is n/a."""

    mask: int
    bits: int
    needs: str | None = None

    def includes(self, standing: int) -> bool:
        """Whether such a demand counts, whatever its workflow declares."""
        return standing & self.mask == self.bits

    def declared(self, *needs: str | None) -> Count:
        """The count of those demands whose workflow declares what this count and these others need."""
        bits = 0
        for meaning in (self.needs, *needs):
            bits |= DECLARES[meaning] if meaning else 0
        return Count(self.mask | bits, self.bits | bits, self.needs)

    def of(self, tally: Mapping[int, int]) -> int | None:
        """How many demands of the tally (standing → number) count; None is n/a."""
        count = self.declared()
        mask, bits = count.mask, count.bits
        number = sum(demands for standing, demands in tally.items() if standing & mask == bits)
        if number or not self.needs or not any(tally.values()):
            return number
        declares = DECLARES[self.needs]
        return 0 if any(demands and standing & declares for standing, demands in tally.items()) else None


COUNTS: dict[str, Count] = {
    "received": Count(0, 0),
    "open": Count(ENDED, 0),
    "closed": Count(ENDED, CLOSED),
    "refused": Count(ENDED, REFUSED),
    "withdrawn": Count(ENDED, WITHDRAWN),
    "merged": Count(ENDED, MERGED),
    "resolved": Count(ENDED | RESOLVED, CLOSED | RESOLVED, "evaluated"),
    "reported_resolved": Count(ENDED | REPORTED_RESOLVED, CLOSED | REPORTED_RESOLVED, "reported"),
    "asked": Count(ASKED, ASKED, "asked"),
    "closed_and_asked": Count(ENDED | ASKED, CLOSED | ASKED, "asked"),
    "evaluated": Count(EVALUATED, EVALUATED, "evaluated"),
    "silent": Count(ENDED | EVALUATED, CLOSED, "evaluated"),
    "graded": Count(GRADED, GRADED, "evaluated"),
    "graded_satisfied": Count(GRADED_SATISFIED, GRADED_SATISFIED, "evaluated"),
    "partly_satisfied": Count(PARTLY_SATISFIED, PARTLY_SATISFIED, "evaluated"),
    **{str(grade): Count(GRADE, bits, "evaluated") for grade, bits in GRADES.items()},
    "no_clock": Count(CLOCK, 0),
    "running": Count(CLOCK, RUNNING),
    "met": Count(CLOCK, MET),
    "missed": Count(CLOCK, MISSED),
    "stopped": Count(CLOCK, STOPPED),
}
"""The standing counts of docs/figures.md, by name."""


def standing(demand: Demand) -> int:
    """The standing of the demand now."""
    value = _ENDED_AS.get(demand.ended_as, 0) | _clock(demand)
    value |= ASKED if demand.asked else 0
    value |= REPORTED_RESOLVED if demand.reported_resolved else 0
    if demand.evaluated:
        value |= EVALUATED | (RESOLVED if demand.resolved else 0) | graded_as(demand.this_round)
    return value | _declared(demand.declares)


def clocks_of(demand: Demand, stands: int) -> tuple[str, ...]:
    """The status of each of its clocks, with its name: `finish met`; and of each score, after a tab.

    So is what it counts for in the satisfaction with its workflow, if it stands so.
    """
    clocks = tuple([f"{clock.clock} {_status(clock)}" for clock in demand.clocks])
    if stands & DECLARES["evaluated"] and (stands & GRADED or stands & ENDED == CLOSED):
        clocks = (*clocks, of_workflow(demand.workflow, stands & SATISFACTION))
    return (*clocks, *_scores(demand.this_round)) if demand.this_round.scores else clocks


@lru_cache
def of_workflow(key: str, stands: int) -> str:
    """The name of the workflow, without its version, and how demands stand in its satisfaction: `closed-loop 9`."""
    return f"{OF_WORKFLOWS}{key.rpartition('@')[0]} {stands}"


def dues_of(demand: Demand) -> tuple[tuple[str, datetime], ...]:
    """The due moments of an open demand, by the names of their clocks, the soonest first."""
    if demand.ended_as is not None:
        return ()
    if not demand.clocks:
        return () if demand.due is None else ((NO_CLOCK, demand.due),)
    dues = [(clock.clock, clock.due) for clock in demand.clocks if clock.due is not None and clock.can_be_overdue]
    dues += [(NO_CLOCK, demand.due)] if demand.due is not None else []
    return tuple(sorted(dues, key=lambda due: due[::-1]))


def slice_of(demand: Demand, own: Collection[str] = ()) -> Slice:
    """The slice that the demand is counted in, where these own fields are dimensions."""
    place, channel, category = demand.place or "", demand.channel or "", demand.category or ""
    own_json = in_slice(demand._attributes, own) if own and demand._attributes else ""
    return Slice(place, channel, category, demand.lead or "", demand.workflow, own_json)


def score(tally: Mapping[int, int]) -> Fraction:
    """The weights of the grades of all demands of the tally (standing → number), added up."""
    hundredths = sum(number * ((standing & WEIGHT) >> WEIGHT_AT) for standing, number in tally.items())
    return Fraction(hundredths, 100)


def graded_as(evaluation: Round) -> int:
    """The grade by name, if it is one of the five, and what it counts for."""
    means = evaluation.grade_means or FIVE.get(evaluation.grade)  # type: ignore[arg-type]
    if means is None:
        return 0
    counts_as = GRADED_SATISFIED if means.satisfied else PARTLY_SATISFIED if means.weight >= HALF else 0
    return GRADES.get(evaluation.grade, 0) | GRADED | counts_as | means.weight << WEIGHT_AT  # type: ignore[arg-type]


@lru_cache
def _declared(meanings: tuple[str, ...]) -> int:
    """The bits of all meanings that a workflow declares."""
    return sum({DECLARES.get(meaning, 0) for meaning in meanings})


def _scores(evaluation: Round) -> Iterator[str]:
    """Each score that counts, as satisfied or not."""
    own = dict(evaluation.score_means)
    for name, grade in evaluation.scores if evaluation.evaluated else ():
        if (means := own.get(name) or FIVE.get(grade)) is not None:
            yield f"{OF_SCORES}{name} {SATISFIED if means.satisfied else NOT_SATISFIED}"


def _status(clock: ClockState) -> str:
    return UNDATED if clock.undated else "running" if clock.goes_on else clock.status


def _clock(demand: Demand) -> int:
    """Fixed at the end: met or missed if it was closed, stopped if it ended otherwise."""
    if demand.due is None:
        return 0
    if demand.ended_as is None or demand.ended is None:
        return RUNNING
    if demand.ended_as != "closed":
        return STOPPED
    return MET if demand.ended <= demand.due else MISSED
