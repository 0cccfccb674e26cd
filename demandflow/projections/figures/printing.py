"""Figures as people read them: what is not zero, a line for each kind, and each rate with its n."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from demandflow.errors import listed
from demandflow.projections.figures.definitions import IDENTITY, ON_TIME, ON_TIME_OF_THE_ENDED, RANGES, RATES
from demandflow.projections.standing import COUNTS, HAPPENINGS

if TYPE_CHECKING:
    from demandflow.projections.board.rows import BoardPage, BoardRow
    from demandflow.projections.figures.by import FiguresBy
    from demandflow.projections.figures.figures import Figures

UNITS = (
    ("d", timedelta(days=1)),
    ("h", timedelta(hours=1)),
    ("min", timedelta(minutes=1)),
    ("s", timedelta(seconds=1)),
)


def all_figures(figures: Figures) -> str:
    """The identity, then the counts that are not zero, the rates that there are, and each clock that ever ran."""
    lines = [f"{figures.name}: {figures.identity}"]
    standing = (name for name in (*COUNTS, *RANGES) if name not in ("received", "no_clock", *IDENTITY))
    for what, names in (("", standing), ("happened: ", HAPPENINGS)):
        if counts := [f"{number} {name}" for name in names if (number := figures.count(name))]:
            lines.append(f"  {what}{', '.join(counts)}")
    lines += [f"  {name} {rate}" for name in RATES if (rate := figures.rate(name)).n and not name.startswith("on_time")]
    least, most = figures.satisfaction_interval()
    lines += [f"  satisfaction strict, over the closed {least} to {most}"] if least.n else []
    if figures.count("due"):
        lines.append(f"  {on_time(figures.on_time, figures.on_time_of_the_ended)}")
    for clock in map(figures.clock, figures.clocks):
        if clock.none < clock.received:
            lines += [f"  {clock}", f"    {on_time(clock.on_time, clock.on_time_of_the_ended)}"][
                : 2 if clock.due else 1
            ]
    return "\n".join([*lines, *([f"  {figures.note}"] if figures.note else [])])


def on_time(of_the_due: object, of_the_ended: object) -> str:
    """Both definitions of on time, each with its n."""
    return f"{ON_TIME}: of the due {of_the_due}; {ON_TIME_OF_THE_ENDED.removeprefix(f'{ON_TIME} ')} {of_the_ended}"


def each_part(parts: FiguresBy[Any]) -> str:
    """A line a part: what adds up, what is overdue, and how many are resolved; the whole comes last."""
    rows = [(" × ".join((key,) if isinstance(key, str) else key) or "(none)", part) for key, part in parts.items()]
    lines = [f"by {' × '.join(parts.dimensions)}, {parts.asked}:"]
    for name, part in (*rows, ("together", parts.total)):
        overdue = f"; {part.count('overdue')} overdue" if part.count("overdue") else ""
        resolved = f"; resolved {part.resolution()}" if part.resolution().n else ""
        lines.append(f"  {name}: {part.identity}{overdue}{resolved}")
    return "\n".join([*lines, *([f"  {parts.note}"] if parts.note else [])])


def lasted(time: timedelta | None) -> str:
    """How long, in its two largest units: `3 d 5 h`; n/a without any."""
    if time is None:
        return "n/a"
    numbers: list[tuple[int, str]] = []
    for unit, size in UNITS:
        number, time = divmod(time, size)
        numbers += [(number, unit)] if number or numbers else []
    return " ".join(f"{number} {unit}" for number, unit in numbers[:2] if number) or ("under 1 s" if time else "0 s")


def row_of_the_board(row: BoardRow) -> str:
    """Where a demand stands, on a line."""
    due = f", due {minute(row.due)}{f' ({row.clock})' if row.clock else ''}" if row.due is not None else ""
    undated = f", no date known for {listed(row.undated)}" if row.undated else ""
    with_whom = f", with {row.contractor}" if row.contractor else f", last with {row.lead}" if row.lead else ""
    where = " · ".join(word for word in (row.place, row.channel, row.category, row.resident) if word)
    text = row.text if len(row.text) <= 60 else f"{row.text[:59]}…"
    return (
        f"{minute(row.received)} {where}: {row.state}{with_whom}{due}{undated}: {' '.join(text.split())} [{row.demand}]"
    )


def page_of_the_board(page: BoardPage) -> str:
    """The rows, and how many there are in all, if that is known, or whether there are more."""
    more = f" of {page.total}" if page.total is not None else ", and more" if page.next is not None else ""
    lines = [f"demands: {len(page.rows)}{more}", *(f"  {row}" for row in page.rows)]
    return "\n".join([*lines, *([f"  {page.note}"] if page.note else [])])


def minute(moment: datetime) -> str:
    """A moment to the minute, with its zone."""
    return f"{moment:%Y-%m-%d %H:%M %Z}"
