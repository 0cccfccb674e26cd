"""`make laws`: so many histories, from this number on (else by lot)."""

from __future__ import annotations

import sys

from tests.laws.long_runs import HISTORIES, main

if __name__ == "__main__":
    number, first = (*map(int, sys.argv[1:3]), None, None)[:2]
    sys.exit(main(number or HISTORIES, first))
