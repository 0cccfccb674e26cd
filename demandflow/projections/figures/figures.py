"""Figures: numbers with a definition. Every rate names its denominator and carries its n."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from demandflow.errors import InvalidValue, brief, listed
from demandflow.projections.figures.definitions import (
    DUE,
    IDENTITY,
    OF_THE_ENDED,
    ON_TIME,
    ON_TIME_OF_THE_ENDED,
    OVERDUE,
    RANGES,
    RATES,
    RATES_OF_CLOCKS,
    RUNNING_OVERDUE,
    SATISFACTION,
    SCORE,
    Definition,
    counts_of,
    definition,
    rates_of,
    split,
)
from demandflow.projections.figures.rates import ClockFigures, Rate, overdue_beside
from demandflow.projections.figures.satisfaction import NEVER_POOLED, NOT_POOLED, by_workflow
from demandflow.projections.standing import CLOCK_STATUSES, CODES, COUNTS, DECLARES, HAPPENINGS, UNDATED, score


@dataclass(frozen=True)
class Figures:
    """All counts and rates of one slice.

    `standings` gives the number of demands for each standing; `happened` how often each happening was. `clocks` are the
    names of all clocks; `ticking` gives the number of demands for the status of a clock (`finish met`) or score, and
    for what they count for in the satisfaction with a workflow; `dues` how many demands are overdue, in all and by
    clock. `parked` events could not be taken in, and their demands are counted as they were before; `missing` events
    are lost, by a decision that the log keeps. `note` says if no demand ever had a word that was asked for.
    """

    name: str
    standings: Mapping[int, int]
    happened: Mapping[str, int]
    ticking: Mapping[str, int] = field(default_factory=dict)
    clocks: tuple[str, ...] = ()
    dues: Mapping[str, int] = field(default_factory=dict)
    parked: int = 0
    missing: int = 0
    note: str = field(default="", compare=False)

    def count(self, name: str) -> int | None:
        """A count by its name; None is n/a: no workflow declares it."""
        if not isinstance(name, str):
            raise InvalidValue("count", f"{brief(name)} is none; give its name")
        if name in COUNTS:
            return COUNTS[name].of(self.standings)
        if name in RANGES:
            return self._range(name)
        if name not in HAPPENINGS:
            clock, status = split(name)
            if clock not in self.clocks or status in RATES_OF_CLOCKS:
                raise InvalidValue("count", f"{name!r} is none (possible: {listed(self.counts)})")
            return int(getattr(self.clock(clock), status))
        meaning = HAPPENINGS[name]
        number = self.happened.get(meaning, 0)
        bit = DECLARES.get(meaning, 0)
        declared = not bit or any(standing & bit for standing, demands in self.standings.items() if demands)
        return number if number or declared or not any(self.standings.values()) else None

    def rate(self, name: str) -> Rate:
        """A rate by its name, over the demands whose workflow declares what it needs.

        Satisfaction is n/a over several workflows: see satisfaction_by_workflow().
        """
        if not isinstance(name, str) or name not in self.rates:
            raise InvalidValue("rate", f"{brief(name)} is none (possible: {listed(self.rates)})")
        if name not in RATES:
            clock, figure = split(name)
            on_time: Rate = getattr(self.clock(clock), figure.replace(" ", "_"))
            return on_time
        if name in NEVER_POOLED and self._of_several:
            return Rate(name, Fraction(0), 0, NOT_POOLED)
        rule = RATES[name]
        counts = (count for count in (*dict(rule.numerator), *rule.denominator) if count in COUNTS)
        needs = [rule.needs, *(COUNTS[count].needs for count in counts)]
        numerator = sum((self._number(count, *needs) * weight for count, weight in rule.numerator), Fraction(0))
        beside = overdue_beside(self._range(RUNNING_OVERDUE)) if name == OF_THE_ENDED else ""
        return Rate(name, numerator, int(sum(self._number(count, *needs) for count in rule.denominator)), beside)

    def clock(self, name: str) -> ClockFigures:
        """The figures of the clock of this name: its counts, which add up to the received, and its rates."""
        if not isinstance(name, str) or name not in self.clocks:
            raise InvalidValue("clock", f"{brief(name)} is none (possible: {listed(self.clocks)})")
        ran = {status: self.ticking.get(f"{name} {status}", 0) for status in CLOCK_STATUSES}
        none, undated = sum(self.standings.values()) - sum(ran.values()), ran[UNDATED]
        running, overdue = ran["running"] + undated, self.dues.get(f"{name} {OVERDUE}", 0)
        return ClockFigures(name, none, running, ran["met"], ran["missed"], ran["stopped"], overdue, undated)

    def definition(self, name: str) -> Definition:
        """What a figure means, with its source."""
        return definition(name)

    def resolution(self, kind: str = "received") -> Rate:
        """How many were resolved: `received`, `accountable`, `callback` or `contractor` (see docs/figures.md)."""
        return self.rate(f"resolution {kind}")

    def satisfaction(self, kind: str = "strict") -> Rate:
        """How many of the evaluations were satisfied: `strict`, `weighted` (by their grades' weights) or `lenient`.

        It is n/a over several workflows, but for versions of the same.
        """
        return self.rate(f"satisfaction {kind}")

    def satisfaction_by_workflow(self, kind: str = "strict") -> dict[str, Rate]:
        """The satisfaction with each workflow that has closed or graded demands, by its name, its versions together."""
        _check_kind(kind)
        return {name: part.satisfaction(kind) for name, part in self._by_workflow.items()}

    def satisfaction_interval(self, kind: str = "strict") -> tuple[Rate, Rate]:
        """Of the closed, with those without an evaluation counted once as dissatisfied and once as satisfied.

        Both are n/a over several workflows, but for versions of the same.
        """
        _check_kind(kind)
        over = f"satisfaction {kind}, over the closed"
        if self._of_several:
            nothing = Fraction(0), 0, NOT_POOLED
            return Rate(f"{over}, at least", *nothing), Rate(f"{over}, at most", *nothing)
        is_closed = COUNTS["closed"].includes
        closed = Figures(self.name, {bits: demands for bits, demands in self.standings.items() if is_closed(bits)}, {})
        n = int(closed._number("closed", "evaluated"))
        least = Fraction(sum(closed._number(term, "evaluated") for term in SATISFACTION[kind]))
        ungraded = Fraction(n - closed._number("graded", "evaluated"))
        return Rate(f"{over}, at least", least, n), Rate(f"{over}, at most", least + ungraded, n)

    @property
    def participation(self) -> Rate:
        """Of those asked, how many evaluated."""
        return self.rate("participation")

    @property
    def coverage(self) -> Rate:
        """Of the closed, how many were asked."""
        return self.rate("coverage")

    @property
    def on_time(self) -> Rate:
        """Of the demands that came due, how many were closed by then; the overdue count against it."""
        return self.rate("on_time")

    @property
    def on_time_of_the_ended(self) -> Rate:
        """Of those closed with a due moment, how many were closed by then; printed with the number of the overdue."""
        return self.rate(OF_THE_ENDED)

    @property
    def counts(self) -> tuple[str, ...]:
        """The names of all counts: standing counts, ranges, happenings, and those of each clock."""
        return (*COUNTS, *RANGES, *HAPPENINGS, *counts_of(self.clocks))

    @property
    def rates(self) -> tuple[str, ...]:
        """The names of all rates, and of each clock's."""
        return (*RATES, *rates_of(self.clocks))

    @property
    def adds_up(self) -> bool:
        """Received = open + closed + refused + withdrawn + merged."""
        return self.count("received") == sum(self.count(name) or 0 for name in IDENTITY)

    @property
    def identity(self) -> str:
        """The identity as a line: `146 received = 6 open + 128 closed + …`, and how many events it leaves out."""
        parts = " + ".join(f"{self.count(name)} {name}" for name in IDENTITY)
        without = {"parked": self.parked, "missing": self.missing}
        added = (f"; {n} {'event is' if n == 1 else 'events are'} {how}" for how, n in without.items() if n)
        return f"{self.count('received')} received {'=' if self.adds_up else '≠'} {parts}{''.join(added)}"

    def as_dict(self) -> dict[str, Any]:
        """All counts, happenings and rates (exact fractions, None for n/a) by name."""
        return {
            **{name: self.count(name) for name in self.counts},
            **{name: self.rate(name).value for name in self.rates},
        }

    def rows(self) -> list[dict[str, Any]]:
        """A row for each figure: name, kind, numerator, n (None for counts), value (a float for rates) and meaning."""
        rows: list[dict[str, Any]] = [
            {"figure": name, "kind": definition(name).kind, "numerator": number, "n": None, "value": number}
            for name in self.counts
            for number in (self.count(name),)
        ]
        intervals = (rate for kind in SATISFACTION for rate in self.satisfaction_interval(kind))
        for rate in (*map(self.rate, self.rates), *intervals):
            value = None if rate.value is None else float(rate.value)
            top = float(rate.numerator) if rate.n else None
            rows.append({"figure": rate.name, "kind": "rate", "numerator": top, "n": rate.n, "value": value})
        return [{"slice": self.name, **row, "meaning": _meaning(row["figure"])} for row in rows]

    def _number(self, name: str, *needs: str | None) -> int | Fraction:
        """A count, or the score, of the demands whose workflow declares all that is needed."""
        if name in RANGES:
            return self._range(name)
        if name == SCORE:
            declares = COUNTS["received"].declared(*needs)
            return score({bits: demands for bits, demands in self.standings.items() if declares.includes(bits)})
        return COUNTS[name].declared(*needs).of(self.standings) or 0

    @cached_property
    def _by_workflow(self) -> dict[str, Figures]:
        """For each workflow, what satisfaction is made of, and nothing else."""
        return {name: Figures(name, tally, {}) for name, tally in by_workflow(self.ticking).items()}

    @property
    def _of_several(self) -> bool:
        """Whether satisfaction would be pooled over workflows."""
        return len(self._by_workflow) > 1

    def _range(self, name: str) -> int:
        """How many are overdue, or came due, at the moment asked about."""
        overdue = self.dues.get(OVERDUE if name == OVERDUE else RUNNING_OVERDUE, 0)
        return overdue if name != DUE else overdue + int(self._number("met") + self._number("missed"))

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.identity}"]
        elsewhere = {"received", "no_clock", *IDENTITY, *SATISFACTION["lenient"], "graded"}
        standing = (name for name in (*COUNTS, *RANGES) if name not in elsewhere)
        for what, names in (("", standing), ("happened: ", HAPPENINGS)):
            if counts := [f"{number} {name}" for name in names if (number := self.count(name))]:
                lines.append(f"  {what}{', '.join(counts)}")
        lines += [
            f"  {name} {rate}" for name in RATES if (rate := self.rate(name)).n and not name.startswith("on_time")
        ]
        lines += self._not_pooled()
        least, most = self.satisfaction_interval()
        lines += [f"  satisfaction strict, over the closed {least} to {most}"] if least.n else []
        if self.count("due"):
            lines.append(f"  {_on_time(self.on_time, self.on_time_of_the_ended)}")
        for clock in map(self.clock, self.clocks):
            lines += [f"  {clock}"] if clock.none < clock.received else []
            lines += [f"    {_on_time(clock.on_time, clock.on_time_of_the_ended)}"] if clock.due else []
        return "\n".join([*lines, *([f"  {self.note}"] if self.note else [])])

    def _not_pooled(self) -> list[str]:
        """Satisfaction as it is printed where it would be of several workflows: of each by itself."""
        lines = [f"  satisfaction n/a ({NOT_POOLED})"] if self._of_several else []
        for name, part in self._by_workflow.items() if lines else ():
            rates = [f"{kind} {rate}" for kind in SATISFACTION if (rate := part.satisfaction(kind)).n]
            least, most = part.satisfaction_interval()
            rates += [f"strict, over the closed {least} to {most}"] if least.n else []
            lines.append(f"    {name}: {'; '.join(rates)}")
        return lines


def _check_kind(kind: object) -> None:
    if not isinstance(kind, str) or kind not in SATISFACTION:
        raise InvalidValue("satisfaction", f"{brief(kind)} is none (possible: {listed(SATISFACTION)})")


def _meaning(figure: str) -> str:
    return definition("satisfaction_interval" if "over the closed" in figure else figure).says


def figures_of(
    name: str,
    sums: Mapping[tuple[str, int], int],
    clocks: tuple[str, ...] = (),
    dues: Mapping[str, int] | None = None,
    parked: int = 0,
    missing: int = 0,
    note: str = "",
) -> Figures:
    """The figures of one slice from its sums: (happening or status of a clock, standing) → number."""
    standings = {standing: number for (what, standing), number in sums.items() if not what}
    happened = {what: number for (what, _), number in sums.items() if what in CODES}
    ticking = {what: number for (what, _), number in sums.items() if what and what not in CODES}
    return Figures(name, standings, happened, ticking, clocks, dues or {}, parked, missing, note)


def _on_time(of_the_due: object, of_the_ended: object) -> str:
    """Both definitions of on time, each with its n."""
    return f"{ON_TIME}: of the due {of_the_due}; {ON_TIME_OF_THE_ENDED.removeprefix(f'{ON_TIME} ')} {of_the_ended}"
