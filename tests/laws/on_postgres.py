"""`python -m tests.laws.on_postgres`: so many histories; those of files are played in PostgreSQL."""

from __future__ import annotations

import os
import sys

from demandflow.testing.playing.places import SERVER
from tests.laws.long_runs import main
from tests.servers import WHY_NOT, schemas

HISTORIES = 500

if __name__ == "__main__":
    number, first = (*map(int, sys.argv[1:3]), None, None)[:2]
    with schemas() as server:
        if server is None:
            sys.exit(WHY_NOT)
        os.environ[SERVER] = server.url
        failed = main(number or HISTORIES, first)
    sys.exit(failed)
