"""Supporting somebody else's demand ("me too"): two moves for any workflow of demands."""

from __future__ import annotations

from demandflow.domain.facts import Supported, SupportEnded
from demandflow.domain.moves import ANYWHERE, STAY, WHILE_OPEN, Move
from demandflow.domain.rules.book import times_do_not_run_backwards
from demandflow.domain.rules.supporting import (
    a_resident_supports_for_themselves,
    nobody_supports_their_own_demand,
    nobody_supports_twice,
    only_a_supporter_takes_support_back,
)
from demandflow.domain.values import Role

SUPPORTING = (times_do_not_run_backwards, a_resident_supports_for_themselves)
WHO = (Role.RESIDENT, Role.GRID_ADMINISTRATOR)

SUPPORT = (
    Move(
        *("support", Supported, WHILE_OPEN, STAY, WHO),
        rules=(*SUPPORTING, nobody_supports_their_own_demand, nobody_supports_twice),
    ),
    # also after the end: who supports a demand that was merged, say, is told of the other as well
    Move("end_support", SupportEnded, ANYWHERE, STAY, WHO, rules=(*SUPPORTING, only_a_supporter_takes_support_back)),
)
"""The moves by which others support an open demand and take that back: `Workflow(…, moves=(…, *SUPPORT))`."""
