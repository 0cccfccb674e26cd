"""`make laws`: so many histories, from this number on (else by lot)."""

from __future__ import annotations

import sys

from tests.laws.long_runs import main

if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
