"""How often each move was accepted and refused."""

from __future__ import annotations

from collections import Counter

from demandflow.domain.workflow import Workflow
from demandflow.testing.playing.comparing import Done


class Tally:
    """How often each move was accepted and refused while the machine ran."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def count(self, done: Done) -> None:
        """Count one step, and what was recorded on the other demand with it."""
        if not done.accepted:
            self.refused[done.step.move] += 1
        self.accepted.update(event.stamp.move for event in done.recorded)

    def table(self, workflow: Workflow) -> str:
        """A line a move, in the order of the workflow."""
        names = dict.fromkeys(move.name for move in workflow.moves)
        lines = [f"{name:<16}{self.accepted[name]:>10}{self.refused[name]:>10}" for name in names]
        return "\n".join([f"{'move':<16}{'accepted':>10}{'refused':>10}", *lines])
