"""The figures, alone and along dimensions: all that can be asked of their answers, counted demand by demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from demandflow.testing.model import counts as naming
from demandflow.testing.model.counts import ENDS, OF_A_CLOCK, SCALES, Rate, Seen
from demandflow.testing.model.periods import spelt
from demandflow.testing.model.printed import in_short, printed
from demandflow.testing.model.query import PATHS, Query, key_of, own_of
from demandflow.testing.model.world import World

RESOLUTION = ("received", "accountable", "callback", "contractor")
BY_TIME = ("received", "closed")


@dataclass(frozen=True)
class Part:
    """How the demands of a part stood, and how often what happened in it."""

    query: Query
    demands: list[Seen]
    happened: Counter[str]

    @cached_property
    def counts(self) -> dict[str, int | None]:
        """Every count, by its name."""
        return naming.counted(self.demands, self.happened, self.query.at, self.query.clocks)

    @cached_property
    def rates(self) -> dict[str, Rate]:
        """Every rate, by its name."""
        return naming.rates(self.demands, self.query.at, self.query.clocks)

    @cached_property
    def intervals(self) -> dict[str, tuple[Rate, Rate]]:
        """How many of the closed may be satisfied, by what counts as satisfied."""
        return {scale: naming.interval(self.demands, scale) for scale in SCALES}

    @property
    def figures(self) -> dict[str, Any]:
        """The counts and the rates, and what nobody left out."""
        aside = {"clocks": self.query.clocks, "without": (len(self.query.world.parked), self.query.world.missing)}
        return {**aside, **self.counts, **{f"{name} (rate)": rate_shown(rate) for name, rate in self.rates.items()}}

    @property
    def everything(self) -> dict[str, Any]:
        """All that can be asked of the figures of these demands."""
        intervals = {scale: tuple(map(rate_shown, pair)) for scale, pair in self.intervals.items()}
        rates = [*self.rates.values(), *(rate for pair in self.intervals.values() for rate in pair)]
        return {
            **self.figures,
            **{f"interval {scale}": pair for scale, pair in intervals.items()},
            **{f"{scale} by workflow": self._by_workflow(scale) for scale in SCALES},
            **{f"clock {clock}": self.clock(clock) for clock in self.query.clocks},
            "adds up": True,
            "identity": self.identity,
            "values": {**self.counts, **{name: rate.value for name, rate in self.rates.items()}},
            "rows": {
                **{name: (number, None, number) for name, number in self.counts.items()},
                **{it.name: (float(it.numerator) if it.n else None, it.n, as_float(it)) for it in rates},
            },
        }

    def _by_workflow(self, scale: str) -> dict[str, tuple[Any, ...]]:
        """How many are satisfied with each workflow."""
        alone = {
            name: Part(self.query, theirs, Counter()) for name, theirs in naming.satisfied_with(self.demands).items()
        }
        return {name: rate_shown(alone[name].rates[f"satisfaction {scale}"]) for name in sorted(alone)}

    @property
    def identity(self) -> str:
        """All that were received, by how they ended."""
        parts = " + ".join(f"{self.counts[name]} {name}" for name in ("open", *ENDS))
        world, without = self.query.world, ""
        for number, how in ((len(world.parked), "parked"), (world.missing, "missing")):
            without += f"; {number} event{' is' if number == 1 else 's are'} {how}" if number else ""
        return f"{len(self.demands)} received = {parts}{without}"

    def clock(self, clock: str) -> dict[str, Any]:
        """The figures of a clock, and how they are printed."""
        said = {word: self.counts[f"{clock} {word}"] for word in OF_A_CLOCK}
        parts = " + ".join(f"{said[word]} {word}" for word in ("none", "running", "met", "missed", "stopped"))
        aside = ", ".join(f"{said[word]} {word}" for word in ("overdue", "undated") if said[word])
        line = f"{clock}: {len(self.demands)} received = {parts}" + (f"; of the running {aside}" if aside else "")
        return {**said, "name": clock, "received": len(self.demands), "printed": line}


def rate_shown(rate: Any) -> tuple[Any, ...]:
    """All that a rate says."""
    return rate.name, rate.numerator, rate.n, rate.beside, rate.value, rate.percent, str(rate)


def as_float(rate: Any) -> float | None:
    """The rate as other tools take it."""
    return None if rate.value is None else float(rate.value)


# what the model answers


def figures(world: World, *, catch_up: bool = True, **asked: Any) -> dict[str, Any]:
    """All counts and rates of the demands that are asked about."""
    query = Query.of(world, **asked)
    part = Part(query, query.standing(), Counter(it.meaning for it in query.happened()))
    empty = not part.demands and not part.happened
    note = query.note(empty)
    shown = part.everything if query.name == "all" else part.figures
    return {**shown, "name": query.name, "note": note, "printed": printed(part) + (note and f"\n  {note}")}


def figures_by(
    world: World,
    *dimensions: str,
    level: int | Mapping[str, int] = 1,
    every: str = "month",
    catch_up: bool = True,
    **asked: Any,
) -> dict[str, Any]:
    """The figures of each part, and of all parts together."""
    query = Query.of(world, **asked)
    parts: dict[tuple[str, ...], Part] = {}

    def part_of(seen: Seen, at_last: Seen) -> Part | None:
        """Where what stood or happened so belongs; by closing, only what is closed belongs anywhere."""
        if "closed" in dimensions and at_last["ended_as"] != "closed":
            return None
        days = {"received": at_last["received"], "closed": at_last["ended"]}
        key = []
        for name in dimensions:
            if name in BY_TIME:
                key.append(spelt(world.day(days[name]), every))
            elif name in PATHS:
                deep = level.get(name, 1) if isinstance(level, Mapping) else level
                key.append("/".join((seen[name] or "").split("/")[:deep]))
            elif name in world.own_dimensions:
                said = own_of(world, seen)
                key.append(key_of(said[name]) if name in said else "")
            else:
                key.append(seen[name] or "")
        return parts.setdefault(tuple(key), Part(query, [], Counter()))

    for seen in query.standing():
        if (part := part_of(seen, seen)) is not None:
            part.demands.append(seen)
    for it in query.happened():
        if (part := part_of(it.after, it.at_last)) is not None:
            part.happened[it.meaning] += 1
    return _along(query, dimensions, {key: parts[key] for key in sorted(parts)})


def _along(query: Query, dimensions: Sequence[str], parts: Mapping[tuple[str, ...], Part]) -> dict[str, Any]:
    """All that can be asked of figures along dimensions."""
    demands = [seen for part in parts.values() for seen in part.demands]
    total = Part(query, demands, sum((part.happened for part in parts.values()), Counter()))
    headings = tuple(f"{name} in" if name in {*total.counts, *total.rates} else name for name in dimensions)
    every: dict[str, Callable[[Part], Any]] = {
        **{name: lambda part, name=name: part.counts[name] for name in total.counts},  # type: ignore[misc]
        **{name: lambda part, name=name: as_float(part.rates[name]) for name in total.rates},  # type: ignore[misc]
        **{
            rate.name: lambda part, scale=scale, n=n: as_float(part.intervals[scale][n])  # type: ignore[misc]
            for scale, pair in total.intervals.items()
            for n, rate in enumerate(pair)
        },
    }
    rows = [(" × ".join(key) or "(none)", part) for key, part in parts.items()] + [("together", total)]
    note = query.note(not parts)
    lines = [f"by {' × '.join(dimensions)}, {query.name}:", *(f"  {name}: {in_short(part)}" for name, part in rows)]
    return {
        **{f"{key}: {name}": rate_shown(it) for key, part in parts.items() for name, it in part.rates.items()},
        **{f"total: {name}": it for name, it in total.figures.items()},
        **{f"mean of {name}": _mean(name, parts, total) for name in naming.RATES},
        "name": (query.name, query.name),
        "names": [" × ".join(key) for key in parts],
        "keys": [key[0] if len(dimensions) == 1 else key for key in parts],
        "dimensions": tuple(dimensions),
        "columns": {
            **{heading: [key[n] for key in parts] for n, heading in enumerate(headings)},
            **{name: [of(part) for part in parts.values()] for name, of in every.items()},
        },
        "note": note,
        "printed": "\n".join(lines) + (note and f"\n  {note}"),
    }


def _mean(rate: str, parts: Mapping[tuple[str, ...], Part], total: Part) -> tuple[Any, ...]:
    """The mean of the rates of those parts that are units and have one, and how many units have none."""
    rates = [part.rates[rate].value for key, part in parts.items() if all(key)]
    if total.rates[rate].beside == naming.SEVERAL:
        return f"{rate}, mean of units", None, 0, len(rates), f"n/a ({naming.SEVERAL})"
    values = [value for value in rates if value is not None]
    mean = sum(values, Fraction(0)) / len(values) if values else None
    said = f"{naming.percent(mean)} (mean of {len(values)} units)" if values else "n/a"
    return f"{rate}, mean of units", mean, len(values), len(rates) - len(values), said


# what the engine's answers are compared by


def figures_shown(answer: Any) -> dict[str, Any]:
    """All that figures say; what is worked out from the counts and rates, only of those of all demands."""
    every = _everything_shown if answer.name == "all" else _figures_shown
    return {**every(answer), "name": answer.name, "note": answer.note, "printed": str(answer)}


def _everything_shown(answer: Any) -> dict[str, Any]:
    short = {
        **{f"resolution {kind}": answer.resolution(kind) for kind in RESOLUTION},
        **{f"satisfaction {kind}": answer.satisfaction(kind) for kind in SCALES},
        **{"participation": answer.participation, "coverage": answer.coverage, "on_time": answer.on_time},
        "on_time of the ended": answer.on_time_of_the_ended,
    }
    for clock in map(answer.clock, answer.clocks):
        short[f"{clock.name} on time"] = clock.on_time
        short[f"{clock.name} on time of the ended"] = clock.on_time_of_the_ended
    return {
        **_figures_shown(answer),
        **{f"{name} (rate)": rate_shown(rate) for name, rate in short.items()},
        **{f"interval {kind}": tuple(map(rate_shown, answer.satisfaction_interval(kind))) for kind in SCALES},
        **{f"{kind} by workflow": _by_workflow_shown(answer, kind) for kind in SCALES},
        **{f"clock {clock}": _clock_shown(answer.clock(clock)) for clock in answer.clocks},
        "adds up": answer.adds_up,
        "identity": answer.identity,
        "values": answer.as_dict(),
        "rows": {row["figure"]: (row["numerator"], row["n"], row["value"]) for row in answer.rows()},
    }


def _figures_shown(answer: Any) -> dict[str, Any]:
    rates = {f"{name} (rate)": rate_shown(answer.rate(name)) for name in answer.rates}
    aside = {"clocks": answer.clocks, "without": (answer.parked, answer.missing)}
    return {**aside, **{name: answer.count(name) for name in answer.counts}, **rates}


def _by_workflow_shown(answer: Any, kind: str) -> dict[str, tuple[Any, ...]]:
    return {name: rate_shown(rate) for name, rate in answer.satisfaction_by_workflow(kind).items()}


def _clock_shown(clock: Any) -> dict[str, Any]:
    words = {word: getattr(clock, word) for word in OF_A_CLOCK}
    return {**words, "name": clock.name, "received": clock.received, "printed": str(clock)}


def figures_by_shown(answer: Any) -> dict[str, Any]:
    """All that figures along dimensions say."""
    parts = {key if isinstance(key, tuple) else (key,): part for key, part in answer.items()}
    rates = {(key, name): part.rate(name) for key, part in parts.items() for name in part.rates}
    means = {name: answer.mean_of_units(name) for name in naming.RATES}
    return {
        **{f"{key}: {name}": rate_shown(rate) for (key, name), rate in rates.items()},
        **{f"total: {name}": it for name, it in _figures_shown(answer.total).items()},
        **{f"mean of {name}": (it.name, it.value, it.units, it.without, str(it)) for name, it in means.items()},
        "name": (answer.name, answer.total.name),
        "names": [part.name for part in parts.values()],
        "keys": list(answer),
        "dimensions": answer.dimensions,
        "columns": answer.columns(),
        "note": answer.note,
        "printed": str(answer),
    }


QUESTIONS = {"figures": (figures, figures_shown), "figures_by": (figures_by, figures_by_shown)}
