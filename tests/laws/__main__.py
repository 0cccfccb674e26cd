"""`make laws`, with as many random sequences as are said."""

from __future__ import annotations

import sys

from tests.laws.long_runs import main

if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000))
