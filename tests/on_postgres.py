"""`pytest -p tests.on_postgres …` runs the same tests, but that every log in memory is one in PostgreSQL instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import pytest

from demandflow.store.log import Log
from tests.servers import WHY_NOT, schemas


@pytest.fixture(scope="session", autouse=True)
def _memory_is_postgres() -> Iterator[None]:
    opened: dict[int, ExitStack] = {}
    begin, end = Log.__init__, Log.close

    def init(log: Log, url: str, *given: Any, **more: Any) -> None:
        if server is not None and url == "memory:" and more.get("create", True):
            stack = opened[id(log)] = ExitStack()
            url = stack.enter_context(server.schema())
        begin(log, url, *given, **more)

    def close(log: Log) -> None:
        end(log)
        if (stack := opened.pop(id(log), None)) is not None:
            stack.close()

    with schemas() as server, patch.object(Log, "__init__", init), patch.object(Log, "close", close):
        if server is None:
            pytest.exit(WHY_NOT)
        yield
