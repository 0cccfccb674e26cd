"""Every question and how the model answers it: by going through all that was accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from demandflow.testing.model import boards, changes, demands, figures, ids, policies, scores, times


class Question(NamedTuple):
    """A public method: what the model answers with the same arguments, and what of the engine's answer is compared."""

    answer: Callable[..., Any]
    shown: Callable[[Any], Any]


QUESTIONS: Mapping[str, Question] = {
    name: Question(*pair)
    for part in (boards, demands, figures, scores, changes, times, ids, policies)
    for name, pair in part.QUESTIONS.items()
}
