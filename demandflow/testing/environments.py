"""Where a history is played: in memory or in a file, in which zone, read in pages of what size, by how many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Pacific/Auckland", "Europe/Berlin")
PAGES = (1, 2, 3, 5, 8, 1000, 1000)
START = datetime(2025, 3, 1, 8, tzinfo=UTC)
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Environment:
    """The circumstances of a history; without arguments, the plainest.

    What is played in a `file` is played in PostgreSQL where DEMANDFLOW_POSTGRES names a database for tests.

    `page` is how many rows are read at once, `keep` of how many demands the state is kept, `openers` how many have the
    log open. `policies` is the lot by which it is drawn which can be run, and how they are set up (see model/setup.py);
    0 is none. `lot` is what questions to calendars and odd calls are drawn by, and whether demands move over to another
    name. The log is that of a `tenant`; the roles in `backdating` may enter what is past, all others what happened up
    to `late_entry` ago.
    """

    zone: str = "UTC"
    start: datetime = START
    file: bool = False
    page: int = 1000
    openers: int = 1
    keep: int = 10_000
    policies: int = 0
    lot: int = 0
    tenant: str | None = None
    backdating: tuple[str, ...] = ()
    late_entry: timedelta = A_DAY


PLAIN = Environment()


def any_environment(dice: Random) -> Environment:
    """An environment by lot."""
    policies = dice.choice((0, *(dice.randrange(1, 10_000),) * 2))
    file = dice.random() < (0.7 if policies else 0.5)
    # among them the night before the clocks go forward, and the last days of a year
    begins: Any = dice.choice((0, 7, 15.5, 16, 24 * 29 - 7, -24 * 64, -24 * 61, -24 * 60 + 4, 24 * 670))
    return Environment(
        zone=dice.choice(ZONES),
        start=START + timedelta(hours=begins),
        file=file,
        page=dice.choice(PAGES),
        openers=2 if file and (policies or dice.random() < 0.6) else 1,
        keep=dice.choice((1, 2, 10_000)),
        policies=policies,
        lot=dice.randrange(2**32),
        tenant=dice.choice((None, None, "fufeng", "né")),
        backdating=dice.choice(((), (), ("auditor",), ("supervisor", "contractor"))),
        late_entry=dice.choice((A_DAY, A_DAY, timedelta(0), 30 * A_DAY)),
    )
