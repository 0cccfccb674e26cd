"""Laws of figures that are shown in a terminal, and of what is said of them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from demandflow.projections.figures.definitions import SCORE
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


@law
def a_figure_is_what_its_definition_says(played: Played) -> None:
    """A definition has the name of its figure; a rate is the counts over the counts that its definition names."""
    figures = played.flow.figures()
    for name in (*figures.counts, *figures.rates):
        said, n = figures.definition(name), 0 if name in figures.counts else figures.rate(name).n
        needs = f" n/a unless the workflow declares {said.needs}." if said.needs else ""
        formula = f" = {said.formula}" if said.formula else ""
        assert said.name == name, f"the definition of {name} is that of {said.name}"
        assert str(said) == f"{name} ({said.kind}){formula}: {said.says}.{needs} Source: {said.source}.", str(said)
        if n and SCORE not in dict(said.numerator):
            counts = {of: figures.count(of) or 0 for of in (*dict(said.numerator), *said.denominator)}
            top = sum(weight * counts[of] for of, weight in said.numerator)
            rate, below = figures.rate(name), sum(counts[of] for of in said.denominator)
            assert (rate.numerator, n) == (top, below), f"{name} is {rate}; by its definition it is {top} of {below}"


def _shown(figures: Figures, names: tuple[str, ...]) -> list[str]:
    """What stands in a row."""
    least, most = figures.satisfaction_interval()
    cells: dict[str, Any] = {name: figures.count(name) for name in figures.counts}
    cells |= {name: figures.rate(name) for name in figures.rates}
    cells["satisfaction_interval"] = f"{least} to {most}" if least.n else least
    return ["n/a" if cells[name] is None else str(cells[name]) for name in names]
