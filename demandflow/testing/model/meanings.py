"""What the grade and the scores of an evaluation count for, by what was recorded of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from demandflow.domain.events import Event, GradeMeaning
from demandflow.domain.facts import Corrected


def grade_means(events: Sequence[Event], evaluated: Event) -> GradeMeaning | None:
    """What the grade counts for that the evaluation said, or a later correction of it."""
    corrections = [e for e in events if isinstance(e.fact, Corrected) and e.fact.event == evaluated.version]
    said = [e for e in corrections if e.fact.grade is not None and e.version > evaluated.version]  # type: ignore[attr-defined]
    return (said or [evaluated])[-1].stamp.grade_means


def score_means(events: Sequence[Event], evaluated: Event) -> tuple[tuple[str, GradeMeaning], ...]:
    """What each score counts for that the evaluation gave: by who said it last, the evaluation or a correction."""
    found: dict[str, GradeMeaning | None] = {}
    for event in events:
        fact: Any = event.fact
        corrects = isinstance(fact, Corrected) and fact.event == evaluated.version < event.version
        if event is evaluated or event.version == evaluated.version or corrects:
            said = dict(event.stamp.score_means or ())
            found |= {name: said.get(name) for name, _ in fact.scores or ()}
    return tuple((name, found[name]) for name in sorted(found) if found[name] is not None)  # type: ignore[misc]
