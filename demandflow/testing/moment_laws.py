"""The law of moments: what is entered has happened, and not long ago."""

from __future__ import annotations

from datetime import timedelta

from demandflow.domain.facts import Noted
from demandflow.domain.values import Actor
from demandflow.errors import BackdatingNotAllowed, DemandFlowError, InvalidValue
from demandflow.testing.law import law
from demandflow.testing.playing import Played

STRANGER = Actor("stranger", "no_role_of_this_workflow")


@law
def moments_lie_near_the_clock(played: Played) -> None:
    """Who has no right to backdate enters neither what happened days ago, nor what has not happened yet."""
    began = played.flow._log.last_position()
    for demand in played.demands:
        live, now = played.flow.demand(demand), played.clock.now
        move = next((name for name in played.telling.shadow.possible(live)), "none")
        ahead = max(now, live.last or now) + timedelta(minutes=6)
        for at, error in ((now - timedelta(days=2), BackdatingNotAllowed), (ahead, InvalidValue)):
            try:
                played.flow.act(demand, move, Noted(text="seen"), by=STRANGER, at=at)
            except error:
                continue
            except DemandFlowError as other:
                raise AssertionError(f"at {at} was answered with {other!r}, at {now}") from other
            raise AssertionError(f"what happened at {at} was entered at {now}")
    assert played.flow._log.last_position() == began, "something was entered at another time"


MOMENT_LAWS = (moments_lie_near_the_clock,)
