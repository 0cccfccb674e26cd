"""The county's kinds of streams and its workflows of demands, each with facts that fit together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from hypothesis import strategies as st

from demandflow import Workflow
from demandflow.domain.county.grid.directory_rules import DIRECTORY
from demandflow.domain.county.grid.patrols import PATROL
from demandflow.domain.county.grid.rounds import ROUND
from demandflow.domain.county.people.activities import ACTIVITY
from demandflow.domain.county.people.commitments import COMMITMENT
from demandflow.domain.county.people.home_reports import HOME_REPORT, HomeReported
from demandflow.domain.county.people.requests import REQUEST
from demandflow.domain.county.people.teams import TEAM
from demandflow.domain.county.people.volunteers import VOLUNTEERING
from demandflow.domain.county.services.items import MENU_ITEM
from demandflow.domain.county.services.orders import ORDER, Ordered
from demandflow.testing import a
from tests.unit.county.test_commitments import FACTS as PROMISES

KINDS = (ACTIVITY, VOLUNTEERING, TEAM, MENU_ITEM, ROUND, DIRECTORY, HOME_REPORT)
DEMANDS = (PATROL, ORDER, REQUEST, COMMITMENT)
_PERIODS = (("a", "é"), ("2025", "2025-03"))
_REPORTED = partial(HomeReported, zone="UTC", layout=1, digest="x")
FACTS: Mapping[Workflow, Mapping[Any, Any]] = {
    # samples by type would not name it by the home organisation and the period
    HOME_REPORT: {
        HomeReported: st.builds(
            lambda home, period, position: _REPORTED(
                report=f"{home}, {period}", home=home, period=period, position=position
            ),
            *map(st.sampled_from, _PERIODS),
            st.integers(0, 2),
        )
    },
    ORDER: {Ordered: st.builds(partial(a, Ordered), resident=st.sampled_from((None, "张三", "Zoë", "zhao")))},
    COMMITMENT: PROMISES,
}
"""Those of the others are what the kit makes up."""
