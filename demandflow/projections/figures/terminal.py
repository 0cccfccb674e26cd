"""Figures as a table in a terminal. Needs rich: the extra `demandflow[terminal]`."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from demandflow.errors import InvalidValue, brief, listed
from demandflow.projections.figures.by import FiguresBy
from demandflow.projections.figures.figures import Figures

INTERVAL = "satisfaction_interval"
SHOWN = ("received", "open", "closed", "resolved", "resolution received", "satisfaction strict", "on_time")


def table(figures: Figures | FiguresBy[Any], *names: str, title: str | None = None) -> Table:
    """Counts and rates by name, a row for each part and one for all together; print it with rich's `print`.

    Without names, the usual ones; `finish met` and `finish on time` are figures of a clock. Rates carry their n, and
    are n/a if it is 0. Raises InvalidValue for what is no figure.
    """
    if not isinstance(figures, Figures | FiguresBy):
        raise InvalidValue("table", f"is made of Figures or FiguresBy, got {brief(figures)}")
    shown = names or SHOWN
    total = figures.total if isinstance(figures, FiguresBy) else figures
    possible = (*total.counts, *total.rates, INTERVAL)
    for name in shown:
        if not isinstance(name, str) or name not in possible:
            raise InvalidValue("figure", f"{brief(name)} is none (possible: {listed(possible)})")
    by = figures.headings if isinstance(figures, FiguresBy) else ("",)
    rich_table = Table(title=title, title_justify="left", box=None, pad_edge=False, show_footer=False)
    for dimension in by:
        rich_table.add_column(dimension)
    for name in shown:
        rich_table.add_column(name.replace("_", " "), justify="right")
    if isinstance(figures, FiguresBy):
        for key, part in figures.items():
            rich_table.add_row(
                *map(Text, (key,) if isinstance(key, str) else key), *(_cell(part, name) for name in shown)
            )
        rich_table.add_section()
        rich_table.add_row(
            Text(figures.name), *[""] * (len(by) - 1), *(_cell(total, name) for name in shown), style="bold"
        )
    else:
        rich_table.add_row(Text(total.name), *(_cell(total, name) for name in shown))
    return rich_table


def _cell(figures: Figures, name: str) -> str:
    if name == INTERVAL:
        least, most = figures.satisfaction_interval()
        return f"{least} to {most}" if least.n else str(least)
    if name in figures.rates:
        return str(figures.rate(name))
    number = figures.count(name)
    return "n/a" if number is None else str(number)
