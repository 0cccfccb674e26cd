"""Comparing what is answered and recorded with what the model says."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from demandflow.application import DemandFlow
from demandflow.domain.events import Event
from demandflow.domain.stream import Stream
from demandflow.projections.board.rows import BoardPage
from demandflow.store.mapper import readable
from demandflow.testing.differs import Differs
from demandflow.testing.model.policies import Policies
from demandflow.testing.model.step import Expected, Step
from demandflow.testing.model.world import World
from demandflow.testing.operations import INTERRUPTED, Ask
from demandflow.testing.playing.agreeing import other_types, same_demand, well_said
from demandflow.testing.playing.commanding import says_of, what
from demandflow.testing.playing.following import followed
from demandflow.testing.playing.running import ask_policies


@dataclass(frozen=True)
class Done:
    """What had to come of a step, the answer that came (a stream, or what was raised), and what was recorded."""

    number: int
    expected: Expected
    answer: Stream | Exception | None
    recorded: tuple[Event, ...]

    @property
    def step(self) -> Step:
        """The step."""
        return self.expected.step

    @property
    def accepted(self) -> bool:
        """Whether it was answered with a demand (or what else it is)."""
        return isinstance(self.answer, Stream)


class Comparing:
    """What a player compares; each raises Differs where the engine does not do what the model says."""

    world: World
    model: Policies | None
    flows: list[DemandFlow]
    done: list[Done]
    _dry: bool
    _position: int
    _checked: int

    def _judge(self, expected: Expected, answer: Stream | Exception | None) -> None:
        """Raise Differs unless that is what the model says."""
        step = expected.step
        recorded = () if self._dry or not isinstance(answer, Stream) else expected.events
        self.done.append(Done(len(self.done) + 1, expected, answer, recorded))
        if step.way == INTERRUPTED:
            return
        if expected.error is not None:
            if type(answer).__name__ != expected.error:
                raise Differs(f"{what(step)} must be refused", answer, expected.error)
            well_said(what(step), answer)
            says_of(expected, answer, self.world)
            return
        if not isinstance(answer, Stream):
            raise Differs(f"{what(step)} must be accepted", answer, "accepted")
        want = self.world.after(answer.id, expected.version)
        same_demand(f"{what(step)} answers", answer, want)

    def _found(self, ask: Ask, flow: DemandFlow) -> Any:
        """What is answered; of a board, all its pages, each asked for in the same way."""
        question = getattr(flow, ask.method)
        found = question(*ask.args, **ask.keywords) if callable(question) else question
        if inspect.isgenerator(found):
            return list(found)
        if ask.method == "events_after":
            followed(flow, self.world, *ask.args)
        if not isinstance(found, BoardPage):
            return found
        pages = [found]
        while pages[-1].next is not None and len(pages) <= len(self.world.demands):
            pages.append(question(*ask.args, **{**ask.keywords, "after": pages[-1].next}))
        return pages

    def _same_log(self, said: str, flow: DemandFlow | None = None) -> None:
        """What was recorded since the last look is what the model recorded, to the type of every field.

        The policies of the flow, if one is given, are asked about each demand of which something was.
        """
        log = self.flows[0]._log
        page = log.page(self._position, 10_000)
        found = [event for _, event in readable(page)]
        want = self.world.log[self._checked :]
        for got, wanted in zip(found, want, strict=False):
            if got != wanted:
                parts = [name for name in got.__struct_fields__ if getattr(got, name) != getattr(wanted, name)]
                raise Differs(f"{said} ({', '.join(parts)})", *([getattr(e, n) for n in parts] for e in (got, wanted)))
            if wrong := other_types(wanted.fact, got.fact, type(wanted.fact).__name__):
                raise Differs(said, wrong, wanted.fact)
        if len(found) != len(want):
            raise Differs(f"{said}: so many events", found, want)
        self._position, self._checked = (page[-1][0] if page else self._position), len(self.world.log)
        if self.model is not None and flow is not None and want:
            ask_policies(flow, self.model, dict.fromkeys(event.demand for event in want))
