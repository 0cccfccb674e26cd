"""What is drawn of policies: when they are run, what is done with what they left, and who is given notices."""

from __future__ import annotations

from datetime import timedelta

from demandflow.testing.drawing.asking import Asking
from demandflow.testing.drawing.steps import Steps
from demandflow.testing.drawing.turning import DAY, US
from demandflow.testing.model.notices import notices
from demandflow.testing.model.step import NO_TIME
from demandflow.testing.operations import DIE, DROP, FOLLOW, GIVE, RETRY, RUN, Operation, RunPolicies, Upset

BETWEEN, ASKED = ("rebuild", "reopen", "all reopen"), ("notices", "parked", "next_moment")
DONE = (*(RUN,) * 7, FOLLOW, FOLLOW, RETRY, DROP, DROP, GIVE, GIVE, GIVE, DIE, DIE, *BETWEEN, "ask")
A_YEAR = timedelta(days=366)


def draw_policies(drawing: Steps, opener: int) -> Operation | None:
    """The policies are run, mostly when one of them wants to act; or something is done with what they left."""
    dice, policies, now = drawing.dice, drawing.world.policies, drawing.world.clock.now
    held = sorted(policies.hooks.held) if policies is not None and dice.random() < 0.7 else ()
    what = GIVE if held else dice.choice(DONE)
    if what == "ask":
        return Asking(drawing.world, dice, ASKED).question(opener)
    if what in BETWEEN:
        return Upset(what, "", opener)
    number = dice.choice((0, 0, 1, 2)) if what != DIE else dice.choice((0, 1, 1, 2))
    ago, after = dice.choice((*(None,) * 16, NO_TIME, 2 * DAY, 9 * DAY)), NO_TIME
    hook, begin = dice.choice(held or ("notices", "sms")), None
    if what in (GIVE, DIE) and policies is not None and notices(drawing.world, policies.hooks.given.get(hook, 0)):
        if held:
            opener = drawing.giver + 1
            until = max(policies.hooks.held[hook][1] - now, NO_TIME)
            after = dice.choice((NO_TIME, max(until - US, NO_TIME), until, until))
        if dice.random() < 0.1:
            begin = dice.choice((0, dice.randint(0, len(drawing.world.log) + 1)))
    elif what in (GIVE, DIE) and dice.random() < 0.8:
        what = RUN
    drawing.giver = opener if what == DIE else drawing.giver
    ago, hook = (None, "notices") if what == FOLLOW else (ago, hook)
    if policies is not None and what in (RUN, FOLLOW) and ago is None and dice.random() < 0.9:
        at = [line.at for line in policies.lines() if now < line.at < now + A_YEAR]
        after = max(min(at, default=now) if dice.random() < 0.6 else dice.choice([now, *at]), now) - now
        after = max(after + dice.choice((*(NO_TIME,) * 4, US, -US)), NO_TIME)
    return RunPolicies(ago, opener, what, number, after, hook, begin)
