"""Histories by lot, those of files played in PostgreSQL: the same laws, the same model."""

from __future__ import annotations

import pytest

from demandflow.testing.playing.places import Schemas
from tests.laws.long_runs import ON_POSTGRES, several
from tests.profiles import SHARE
from tests.servers import WHY_NOT

FIRST, HISTORIES = 31 * 10**6, 60 if SHARE == 1 else 6


def test_no_law_is_broken_in_histories_that_are_kept_in_postgresql(servers: Schemas | None) -> None:
    if servers is None:
        pytest.skip(WHY_NOT)
    share = several(range(FIRST, FIRST + HISTORIES * ON_POSTGRES, ON_POSTGRES), servers.url)
    assert not share.broken, share.broken
