"""A server of its own for what is done to servers; a proxy before it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from tests.servers import WHY_NOT, Server, binaries
from tests.unit.postgres.proxy import Proxy

collect_ignore_glob = ["test_*.py"] if find_spec("psycopg") is None else []


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if binaries() is None:
        pytest.skip(WHY_NOT)
    own = Server({"autovacuum": "off"})  # what is committed is kept, also if it is killed
    try:
        own.start()
        yield own
    finally:
        own.close()


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    between = Proxy(server.port)
    yield between
    between.close()
