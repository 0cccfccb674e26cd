"""Figures as a table in a terminal. Needs rich: the extra `demandflow[terminal]`."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from demandflow.errors import InvalidValue, brief, listed
from demandflow.projections.figures.by import FiguresBy
from demandflow.projections.figures.definitions import RANGES, RATES, counts_of, rates_of
from demandflow.projections.figures.figures import Figures
from demandflow.projections.standing import COUNTS, HAPPENINGS

INTERVAL = "satisfaction_interval"
POSSIBLE = (*COUNTS, *RANGES, *HAPPENINGS, *RATES, INTERVAL)
SHOWN = ("received", "open", "closed", "resolved", "resolution received", "satisfaction strict", "on_time")


def table(figures: Figures | FiguresBy[Any], *names: str, title: str | None = None) -> Table:
    """Counts and rates by name, a row for each part and one for the whole; print it with rich's `print`.

    Without names, the most asked for; `finish met` and `finish on time` are figures of a clock. Rates carry their n;
    n/a is what has none. Raises InvalidValue for what is no figure.
    """
    if not isinstance(figures, Figures | FiguresBy):
        raise InvalidValue("table", f"is made of Figures or FiguresBy, got {brief(figures)}")
    shown = names or SHOWN
    possible = (*POSSIBLE, *counts_of(figures.clocks), *rates_of(figures.clocks))
    for name in shown:
        if not isinstance(name, str) or name not in possible:
            raise InvalidValue("figure", f"{brief(name)} is none (possible: {listed(possible)})")
    by = figures.headings if isinstance(figures, FiguresBy) else ("",)
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, show_footer=False)
    for dimension in by:
        made.add_column(dimension)
    for name in shown:
        made.add_column(name.replace("_", " "), justify="right")
    if isinstance(figures, FiguresBy):
        for key, part in figures.items():
            made.add_row(*map(Text, (key,) if isinstance(key, str) else key), *(_cell(part, name) for name in shown))
        made.add_section()
        made.add_row(
            Text(figures.asked), *[""] * (len(by) - 1), *(_cell(figures.total, name) for name in shown), style="bold"
        )
    else:
        made.add_row(Text(figures.name), *(_cell(figures, name) for name in shown))
    return made


def _cell(figures: Figures, name: str) -> str:
    if name == INTERVAL:
        least, most = figures.satisfaction_interval()
        return f"{least} to {most}" if least.n else "n/a"
    if name in figures.rates:
        return str(figures.rate(name))
    number = figures.count(name)
    return "n/a" if number is None else str(number)
