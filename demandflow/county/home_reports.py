"""What the people of each home organisation did in a period, as a document that can be made again byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from demandflow.county.credits import BROKEN, LATE, MINUTES, PARTICIPATIONS, REPORTED_IN, THINGS, WITHDRAWN
from demandflow.county.people.keeping import ALL, PROMISES, Kept
from demandflow.county.shown.small_cells import PublicTable, public_table
from demandflow.county.streams_asked import StreamsAsked
from demandflow.domain.county.people.home_reports import HomeReport, HomeReported, named
from demandflow.domain.values import Actor
from demandflow.errors import DemandNotFound, InvalidValue, StorageError, brief, listed
from demandflow.inputs.arguments import word_among, zone_of
from demandflow.inputs.texts import name_of
from demandflow.projections.figures.periods import Period
from demandflow.projections.sheets import csv_of
from demandflow.projections.streams import changes_since, homes_of, sums

LAYOUT = 1
"""Documents of earlier layouts are made by their own function for ever."""
Amounts = Mapping[tuple[str, str], int]
"""How much somebody did: by workflow (empty where it was no demand) and measure."""


@dataclass(frozen=True)
class Document:
    """A report to a home organisation: as Markdown, and its numbers by who, workflow and measure.

    Minutes are minutes; `position` is that of the last event of the log that it knows.
    """

    home: str
    period: str
    zone: str
    position: int
    layout: int
    markdown: str
    amounts: Mapping[str, Amounts]

    @property
    def digest(self) -> str:
        """The SHA-256 of the Markdown, in UTF-8."""
        return hashlib.sha256(self.markdown.encode()).hexdigest()

    def as_csv(self) -> str:
        """The numbers, one line each: home, period, who, workflow, measure, amount; no cell is taken for a formula."""
        head = ("home", "period", "who", "workflow", "measure", "amount")
        return csv_of(
            head,
            (
                (self.home, self.period, who, workflow, measure, amount)
                for who, amounts in self.amounts.items()
                for (workflow, measure), amount in sorted(amounts.items())
            ),
        )

    def __str__(self) -> str:
        return self.markdown


def home_document(flow: StreamsAsked, home: str, period: str) -> Document:
    """What the people of a home organisation did in a period, as it is known now; nothing is recorded.

    The period is written as people do: `2026-03`, `2026-Q1`, `2026`. Raises InvalidValue.
    """
    return _made(flow, name_of(home, "home"), _plain(period), flow.zone, flow.last_position(), LAYOUT)


def report_home(flow: StreamsAsked, home: str, period: str, *, by: Actor) -> Document:
    """The document, and the fact that it was reported; reported already, the one of then.

    The period must be over. Raises InvalidValue, a Refusal, or StorageError.
    """
    period, home = _plain(period), name_of(home, "home")
    with suppress(DemandNotFound):
        return reproduced(flow, home, period)
    if _moments(period, flow.zone)[1] > flow.now():
        raise InvalidValue("period", f"{period} is not over; home_document() shows what is known so far")
    if parked := flow.stream_tables.parked():
        raise StorageError(f"{len(parked)} events could not be taken in, so a report would be wrong: parked_events()")
    document = home_document(flow, home, period)
    said = {name: getattr(document, name) for name in ("home", "period", "zone", "position", "layout", "digest")}
    flow.start(HomeReported(report=named(home, period), **said), of=HomeReport, by=by)
    return document


def reproduced(flow: StreamsAsked, home: str, period: str) -> Document:
    """The document as it was reported, byte for byte, whatever was recorded since.

    Raises DemandNotFound if it was not reported, and InvalidValue if it cannot be made again, which names why.
    """
    report = flow.stream(HomeReport, flow.id_of_stream(HomeReport, named(name_of(home, "home"), _plain(period))))
    document = _made(flow, report.home, report.period, report.zone, report.position, report.layout)
    if document.digest != report.digest:
        why = "its digest is another: events went from the log, or facts of it are not known here"
        raise InvalidValue("report", f"{report.report} cannot be made again; {why}")
    return document


def corrected_since(flow: StreamsAsked, home: str, period: str) -> str:
    """What was recorded about the period of a report since it was made, in Markdown, one line an amount.

    Raises DemandNotFound if it was not reported.
    """
    report = flow.stream(HomeReport, flow.id_of_stream(HomeReport, named(name_of(home, "home"), _plain(period))))
    zone, when = ZoneInfo(report.zone), _moments(report.period, report.zone)
    with flow.stream_tables.tables() as tables:
        rows = changes_since(tables, *when, report.position, report.home)
    lines = [
        f"- {at.astimezone(zone):%Y-%m-%d} {who}: {_measure(workflow, measure)} {amount:+} (event {position})"
        for position, at, who, workflow, measure, amount in rows
    ]
    return "\n".join([f"# {report.home}: {report.period}, recorded since", "", *(lines or ["Nothing."])]) + "\n"


def reports_due(flow: StreamsAsked, *, every: str, since: str) -> tuple[tuple[str, str], ...]:
    """The reports that are to be made: (home, period) of every month, quarter … that is over, and not reported yet.

    From the period of `since` on; of each home organisation of which something is known there. Raises InvalidValue.
    """
    word_among("every", every, _NEXT)
    there = {one.report for one in flow.streams(HomeReport)}
    due: list[tuple[str, str]] = []
    for period in _periods(every, Period.of(_plain(since)), flow.now().astimezone(zone_of(flow.zone)).date()):
        with flow.stream_tables.tables() as tables:
            homes = homes_of(tables, *_moments(period, flow.zone))
        due += [(home, period) for home in homes if named(home, period) not in there]
    return tuple(due)


def report_homes(flow: StreamsAsked, *, every: str, since: str, by: Actor) -> tuple[Document, ...]:
    """Make all reports that are due, as reports_due() says; called every day, each report is made once, in its time.

    Raises InvalidValue, a Refusal, or StorageError; what was reported before stays.
    """
    due = reports_due(flow, every=every, since=since)
    return tuple(report_home(flow, home, period, by=by) for home, period in due)


def public_homes(
    flow: StreamsAsked, period: str, measure: str = PARTICIPATIONS, *, every: str = "quarter", under: int = 5
) -> PublicTable:
    """How much of a measure the people of each home organisation did, for everybody to see, by month, quarter or year.

    The measure is a number of things, as participations or things done. Numbers below `under` are hidden, and those
    from which they could be worked out. Raises InvalidValue.
    """
    word_among("measure", measure, (PARTICIPATIONS, THINGS, REPORTED_IN))
    word_among("every", every, _NEXT)
    wanted, position, counts = Period.of(_plain(period)), flow.last_position(), dict[tuple[str, str], int]()
    for part in _periods(every, wanted, wanted.last + timedelta(days=1)):
        with flow.stream_tables.tables() as tables:
            known = sums(tables, *_moments(part, flow.zone), position)
        for (home, _, _, name), amount in known.items():
            if name == measure and home:
                counts[home, part] = counts.get((home, part), 0) + amount
    return public_table(counts, under=under)


def _made(flow: StreamsAsked, home: str, period: str, zone: str, position: int, layout: int) -> Document:
    if layout not in LAYOUTS:
        raise InvalidValue("layout", f"{brief(layout)} is none that this release can make (it can: {listed(LAYOUTS)})")
    begin, end = _moments(period, zone)
    with flow.stream_tables.tables() as tables:
        known = sums(tables, begin, end, position, home)
    amounts: dict[str, dict[tuple[str, str], int]] = {}
    for (_, who, workflow, measure), amount in known.items():
        amounts.setdefault(who, {})[workflow, measure] = amount
    text = LAYOUTS[layout](home, period, position, amounts)
    return Document(home, period, zone, position, layout, text, amounts)


def _first(home: str, period: str, position: int, amounts: Mapping[str, Amounts]) -> str:
    """Layout 1: by name, no ranking, every rate with its number."""
    total: dict[tuple[str, str], int] = {}
    for theirs in amounts.values():
        for key, amount in theirs.items():
            total[key] = total.get(key, 0) + amount
    rows = [*sorted(amounts.items()), (ALL, total)]
    lines = [f"# {_cell(home)}: {period}", "", f"As known at event {position}; layout 1; {len(amounts)} people."]
    done = [(who, _hours(a), *(str(a.get(("", name), 0)) for name in OTHERS)) for who, a in rows]
    lines += _table(("who", "hours", *OTHERS), done, "What was done")
    for workflow in sorted({workflow for workflow, measure in total if measure == "closed"}):
        of_it = [(who, *_demands(a, workflow)) for who, a in rows if a.get((workflow, "closed")) or who == ALL]
        lines += _table(("who", "closed", "resolved", "satisfied, of evaluated"), of_it, f"Demands of {workflow}")
    promised = [(who, *_commitments(a)) for who, a in rows if any(m in PROMISES for _, m in a)]
    ends = ("kept, of those due", LATE, BROKEN, "open and overdue", WITHDRAWN)
    lines += _table(("who", *ends), promised, "Commitments")
    return "\n".join(lines) + "\n"


LAYOUTS: Mapping[int, Callable[[str, str, int, Mapping[str, Amounts]], str]] = {1: _first}
OTHERS = (PARTICIPATIONS, THINGS, REPORTED_IN)


def _hours(amounts: Amounts) -> str:
    minutes = sum(amount for (_, measure), amount in amounts.items() if measure == MINUTES)
    return f"{minutes // 60}:{minutes % 60:02}"


def _demands(amounts: Amounts, workflow: str) -> tuple[str, ...]:
    closed, resolved, evaluated, satisfied = (
        amounts.get((workflow, name), 0) for name in ("closed", "resolved", "evaluated", "satisfied")
    )
    return str(closed), str(resolved), _rate(satisfied, evaluated)


def _commitments(amounts: Amounts) -> tuple[str, ...]:
    kept = Kept.of({name: sum(a for (_, measure), a in amounts.items() if measure == name) for name in PROMISES})
    return str(kept), *map(str, (kept.late, kept.broken, kept.overdue, kept.withdrawn))


def _rate(part: int, whole: int) -> str:
    return f"{part} of {whole} = {100 * part / whole:.1f} %" if whole else "n/a"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], title: str) -> Iterator[str]:
    if lines := list(rows):
        yield from ("", f"## {title}", "", f"| {' | '.join(head)} |", f"|---{'|---:' * (len(head) - 1)}|")
        yield from (f"| {' | '.join(map(_cell, row))} |" for row in lines)


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _measure(workflow: str, measure: str) -> str:
    return f"{measure} ({workflow})" if workflow else measure


def _plain(period: object) -> str:
    if not isinstance(period, str):
        raise InvalidValue("period", f"must be a text, for instance '2026-03', got {brief(period)}")
    Period.of(period)
    return period


def _moments(period: str, zone: str) -> tuple[datetime, datetime]:
    return Period.of(period).moments(zone_of(zone))


def _month(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _quarter(number: int) -> str:
    return f"{number // 4:04}-Q{number % 4 + 1}"


_NEXT: Mapping[str, tuple[int, Callable[[int], str]]] = {
    "month": (1, _month),
    "quarter": (3, _quarter),
    "year": (12, lambda number: f"{number:04}"),
}
"""How many months each has, and how it is written."""


def _periods(every: str, since: Period, now: date) -> Iterator[str]:
    """Those from the one in which `since` begins to the last that is over on a day."""
    months, written = _NEXT[every]
    number = (since.first.year * 12 + since.first.month - 1) // months
    while number < (now.year * 12 + now.month - 1) // months:
        yield written(number)
        number += 1
