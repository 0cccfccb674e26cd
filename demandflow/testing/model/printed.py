"""Figures as they are printed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from demandflow.testing.model.counts import ENDS, HAPPENINGS, OF_A_CLOCK, RATES, SCALES, SEVERAL, satisfied_with

Part = Any
"""The figures of some demands: see figures.Part."""
ELSEWHERE = ("received", "open", *ENDS, "graded", "graded_satisfied", "partly_satisfied", "no_clock")
"""What other lines say, or none."""


def printed(part: Part) -> str:
    """The figures line by line: counts and rates that are not 0 or n/a, satisfaction with each of several."""
    rates, clocks = part.rates, [f"{clock} {word}" for clock in part.query.clocks for word in OF_A_CLOCK]
    lines = [f"{part.query.name}: {part.identity}"]
    standing = [name for name in part.counts if name not in {*ELSEWHERE, *HAPPENINGS, *clocks}]
    for what, names in (("", standing), ("happened: ", [*HAPPENINGS])):
        said = ", ".join(f"{part.counts[name]} {name}" for name in names if part.counts[name])
        lines += [f"  {what}{said}"] if said else []
    lines += [f"  {name} {rates[name]}" for name in RATES if rates[name].n and "on_time" not in name]
    if len(satisfied_with(part.demands)) > 1:
        lines.append(f"  satisfaction n/a ({SEVERAL})")
        for name, demands in sorted(satisfied_with(part.demands).items()):
            one = replace(part, demands=demands, happened=Counter())
            words = [f"{scale} {it}" for scale in SCALES if (it := one.rates[f"satisfaction {scale}"]).n]
            lines.append(f"    {name}: {'; '.join([*words, *_at_least(one)])}")
    lines += [f"  satisfaction {line}" for line in _at_least(part)]
    lines += [f"  {_on_time(part, 'on_time')}"] if part.counts["due"] else []
    for clock in part.query.clocks:
        ran = part.counts[f"{clock} none"] != len(part.demands)
        lines += [f"  {part.clock(clock)['printed']}"] if ran else []
        lines += [f"    {_on_time(part, f'{clock} on time')}"] if part.counts[f"{clock} due"] else []
    return "\n".join(lines)


def in_short(part: Part) -> str:
    """The figures as one line of several."""
    overdue, resolved = part.counts["overdue"], part.rates["resolution received"]
    late = f"; {overdue} overdue" if overdue else ""
    return f"{part.identity}{late}" + (f"; resolved {resolved}" if resolved.n else "")


def _at_least(part: Part) -> list[str]:
    least, most = part.intervals["strict"]
    return [f"strict, over the closed {least} to {most}"] if least.n else []


def _on_time(part: Part, name: str) -> str:
    return f"on time: of the due {part.rates[name]}; of the ended {part.rates[f'{name} of the ended']}"
