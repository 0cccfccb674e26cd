"""What a random history is about: so that what meets seldom meets often in some."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from demandflow.domain.demand import Demand
from demandflow.domain.facts import (
    CallbackMissed,
    ContractedOut,
    FedBack,
    HandedBack,
    Merged,
    NoticeEnded,
    Resumed,
    Suspended,
)
from demandflow.domain.workflow import Workflow
from demandflow.testing.drawing.turning import DAY, HOUR, NO_TIME

WAITS = (*(NO_TIME,) * 4, *(HOUR,) * 3, DAY, DAY, timedelta(days=8), timedelta(days=40))
HASTY = (NO_TIME, NO_TIME, NO_TIME, HOUR)
ANYTHING, CROWD, MERGING, CHAIN, POLICIES = (
    "anything",
    "crowd",  # many demands are registered soon
    "merging",  # all is merged into one
    "chain",  # each is merged into the next
    "policies",  # they are run often, time goes from one of their moments to the next
)
BESIDE, MORE_BESIDE = (0.0, 0.0, 0.05, 0.15), (0.0, 0.1, 0.2)
WATCHED = (CallbackMissed, NoticeEnded, FedBack, ContractedOut, HandedBack, Suspended, Resumed)
"""Facts after which policies wake."""


@dataclass
class Theme:
    """What a history is about, its pace, how many demands it has, and how it comes from one thing to the next.

    `favourites` are the moves of which it is fond, where the theme names some. `prelude` is how many commands come
    first, and quickly. `turns` is whose turn it is: that of the first demand (0), the second (1), or any (2). `runs` is
    how often the policies are run, `registers` how often another demand is registered, `eager` how often a step leads
    on to where a demand is to come, `beside` how often something of another kind is done. If it is `restful`, what has
    ended is left in peace while anything goes on.
    """

    about: str
    favourites: list[str]
    pace: tuple[timedelta, ...]
    prelude: int
    demands: int
    turns: tuple[int, ...]
    runs: float
    registers: float
    eager: float
    restful: bool
    beside: float
    questions: int

    @property
    def merges(self) -> bool:
        """Whether demands are merged all the time."""
        return self.about in (MERGING, CHAIN)


def any_theme(workflow: Workflow, dice: Random, *, policies: bool) -> Theme:
    """A theme by lot; that of policies only where there are any."""
    merging = [move.name for move in workflow.moves if move.fact is Merged]
    watched = [move.name for move in workflow.moves if move.fact in WATCHED]
    drawn = dice.random()
    about = POLICIES if policies and workflow.of is Demand and drawn < 0.6 else ANYTHING
    if about == ANYTHING and (drawn := dice.random()) < 0.4:
        about = CROWD if drawn < 0.2 or not merging else MERGING if drawn < 0.3 else CHAIN
    turns = {CROWD: (1, 2, 2), MERGING: (1, 2, 2), CHAIN: (0, 1, 2)}
    demands = {CROWD: (8,), MERGING: (6,), CHAIN: (6,), POLICIES: (2, 3, 4), ANYTHING: (1, 1, 2, 3, 5)}
    preludes = {CROWD: (40,), POLICIES: (2, 6, 10)}
    return Theme(
        about,
        {MERGING: merging * 4, CHAIN: merging, POLICIES: watched}.get(about, []),
        HASTY if about == POLICIES else dice.choice((WAITS, WAITS, HASTY)),
        dice.choice(preludes.get(about, (0, 8, 16, 30))),
        dice.choice(demands[about]),
        turns.get(about) or dice.choice(((0,), (0, 0, 0, 1, 2), (0, 1, 2))),
        0.5 if about == POLICIES else dice.choice((0.05, 0.1)) if policies else 0.0,
        0.15 if about == ANYTHING else 0.4,
        0.9 if about == POLICIES else dice.choice((0.3, 0.7, 0.9) if workflow.of is Demand else (0.0, 0.05, 0.3)),
        dice.random() < 0.5,
        dice.choice(BESIDE if workflow.of is Demand else MORE_BESIDE),
        {CROWD: 50, POLICIES: 10}.get(about, 20),
    )
