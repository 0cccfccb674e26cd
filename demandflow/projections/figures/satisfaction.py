"""Satisfaction is told for each workflow by itself, its versions together, and never pooled over several."""

from __future__ import annotations

from collections.abc import Mapping

from demandflow.projections.figures.definitions import SATISFACTION
from demandflow.projections.standing import OF_WORKFLOWS

NOT_POOLED = "not over several workflows: ask workflow=… or figures_by('workflow')"
"""What is said where the demands of several workflows would be pooled."""
NEVER_POOLED = tuple(f"satisfaction {kind}" for kind in SATISFACTION)
"""The rates that are never pooled over workflows."""


def by_workflow(ticking: Mapping[str, int]) -> dict[str, dict[int, int]]:
    """For each workflow with closed or graded demands whose residents evaluate, by its name: standing → number.

    The standings have those bits alone that satisfaction is made of.
    """
    tallies: dict[str, dict[int, int]] = {}
    for what, number in ticking.items():
        if what.startswith(OF_WORKFLOWS) and number:
            name, _, bits = what.removeprefix(OF_WORKFLOWS).rpartition(" ")
            tallies.setdefault(name, {})[int(bits)] = number
    return {name: tallies[name] for name in sorted(tallies)}
