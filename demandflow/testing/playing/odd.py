"""What nobody may say, of a command or else: it is refused, and the error names what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from demandflow.application import DemandFlow
from demandflow.domain.demand import Demand
from demandflow.domain.facts import OTHER_SIDES, Registered
from demandflow.errors import InvalidValue
from demandflow.testing.differs import Differs
from demandflow.testing.model.world import World
from demandflow.testing.people import BOSS
from demandflow.testing.playing.agreeing import raised, same_answer, well_said
from demandflow.testing.playing.odd_calls import ODD, ODD_CALLS

FAR_BEHIND = timedelta(minutes=11)
ONE_OF = 3
"""Of so many recorded steps, one is followed by odd calls."""


def refuse_odd(flow: DemandFlow, world: World) -> None:
    """After one of three recorded steps: three things that nobody may say or do. Raises Differs if one is accepted.

    Something is begun by a wrong clock, a method is called oddly, the last command is given in an odd circumstance.
    """
    at, other_turn = divmod(len(world.log) + world.environment.lot, ONE_OF)
    if other_turn:
        return
    _refuse_by_a_wrong_clock(flow, world)
    name, call = ODD_CALLS[at % len(ODD_CALLS)]
    _refused(f"a call with an odd {name}", name, partial(call, flow))
    event = next((one for one in reversed(world.log) if type(one.fact) not in OTHER_SIDES), None)
    if event is None:
        return
    name, value = ODD[at % len(ODD)]
    how = {"by": BOSS, name: value, "of": type(world.streams[event.demand])}
    again = partial(flow.act, event.demand, event.stamp.move, event.fact, **how)
    _refused(f"a command with {name}={value!r}", name, again)


def _refuse_by_a_wrong_clock(flow: DemandFlow, world: World) -> None:
    """Whoever recorded something records nothing by a clock that is far behind that. Raises Differs if it does."""
    first = next((one for one in world.log if type(one.fact) is Registered and one.fact.source is None), None)
    if first is None or world.workflow.of is not Demand:
        return
    now, world.clock.now = world.clock.now, world.log[-1].meta.recorded - FAR_BEHIND
    error = raised(partial(flow.start, first.fact, by=first.meta.actor))
    world.clock.now = now
    same_answer("start() by a clock that is behind", error, "ClockBehind")


def _refused(said: str, name: str, do: Callable[[], object]) -> None:
    try:
        do()
    except InvalidValue as error:
        well_said(said, error, (name,))
    else:
        raise Differs(said, "it is accepted", "InvalidValue")
