"""The law of figures that are shown in a terminal."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from demandflow.projections.figures.figures import Figures
from demandflow.testing.playing.law import Played, law, seldom

NAMES = ("received", "overdue", "resolution received", "satisfaction strict", "satisfaction_interval")


@seldom
@law
def a_table_shows_the_figures(played: Played) -> None:
    """Where rich is installed: a row for each part and one for all together, with the counts and rates as they are."""
    if find_spec("rich") is None:
        return
    from demandflow.projections.figures.terminal import SHOWN, table

    flow, all_together = played.flow, played.flow.figures()
    by_one, by_two = flow.figures_by("place"), flow.figures_by("channel", "place")
    for figures, names in ((all_together, SHOWN), (all_together, NAMES), (by_one, NAMES), (by_two, SHOWN)):
        parts: Any = {} if isinstance(figures, Figures) else figures
        total = figures if isinstance(figures, Figures) else figures.total
        keys = [(key,) if isinstance(key, str) else key for key in parts]
        headings = getattr(figures, "dimensions", ("",))
        want = [(*key, *_shown(part, names)) for key, part in zip(keys, parts.values(), strict=True)]
        want.append((total.name, *[""] * (len(headings) - 1), *_shown(total, names)))
        made = table(figures, *(names if names is not SHOWN else ()), title="figures")
        found = [*zip(*([str(cell) for cell in column.cells] for column in made.columns), strict=True)]
        assert found == want, f"the table shows {found}, the figures are {want}"
        shown = [str(column.header) for column in made.columns]
        assert shown == [*headings, *(name.replace("_", " ") for name in names)], f"its headings are {shown}"


def _shown(figures: Figures, names: tuple[str, ...]) -> list[str]:
    """What stands in a row."""
    least, most = figures.satisfaction_interval()
    cells: dict[str, Any] = {name: figures.count(name) for name in figures.counts}
    cells |= {name: figures.rate(name) for name in figures.rates}
    cells["satisfaction_interval"] = f"{least} to {most}" if least.n else least
    return ["n/a" if cells[name] is None else str(cells[name]) for name in names]
