"""`make crash`: so many rounds (else 200), from this number on (else by lot), and the table of what came of them."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from secrets import randbits
from tempfile import TemporaryDirectory

from tests.crash.rounds import Wrong, rounds

ROUNDS = 200


def main(number: int = ROUNDS, first: int | None = None) -> int:
    """Print the table; 1 if something was lost, doubled or wrong."""
    first, began = randbits(32) if first is None else first, time.perf_counter()
    print(f"python -m tests.crash {number} {first}", flush=True)
    with TemporaryDirectory() as home:
        try:
            tally = rounds(lambda place, nth: f"sqlite:///{place / 'log.db'}", Path(home), number, first)
        except Wrong as wrong:
            print(wrong)
            return 1
    print("backend | rounds | kills | acknowledged | lost | doubled | events | reactions | seconds")
    print(f"SQLite | {tally} | {time.perf_counter() - began:.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
