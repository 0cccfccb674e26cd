"""What is done when the connection is lost: nothing is recorded twice, and nothing that was answered is missing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from itertools import count
from typing import Any

import psycopg
import pytest

from demandflow import Actor, DemandFlow, Role
from demandflow.errors import InvalidValue, StorageBusy, StorageError, StorageUnreachable
from demandflow.store.postgres import recorder as recorders
from demandflow.store.statements import RowTaken
from demandflow.testing.playing.places import Schemas
from tests.servers import Server
from tests.unit.postgres.proxy import Proxy

CLERK, AUDITOR = Actor("Li", Role.GRID_ADMINISTRATOR), Actor("Wang", Role.AUDITOR)
PLACED: Any = {"channel": "hotline", "place": "fufeng/nanguan"}


@pytest.fixture
def flow(server: Server, proxy: Proxy) -> Iterator[DemandFlow]:
    with Schemas(server.url.replace(str(server.port), str(proxy.port))).schema() as url, DemandFlow.open(url) as opened:
        opened.register("the first", by=CLERK, **PLACED)
        opened.figures()
        yield opened


def cut(server: Server) -> None:
    """End all connections to the server but this one, as an administrator does."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                           " AND backend_type = 'client backend'")  # fmt: skip


def test_a_command_whose_answer_is_lost_is_recorded_once(flow: DemandFlow, proxy: Proxy) -> None:
    for number in count(2):
        proxy.drop = 1
        demand = flow.register("a lamp", by=CLERK, **PLACED)
        assert [event.version for event in flow.events(demand.id)] == [1]
        assert flow._log.last_position() == number
        assert proxy.drop == 0
        if number == 6:
            break
    assert flow.figures().count("received") == 6
    assert flow.verify().ok


def test_rows_whose_answer_is_lost_are_known_again_by_their_bytes(flow: DemandFlow, proxy: Proxy) -> None:
    recorder = flow._log._recorder
    for number in range(1, 5):
        proxy.drop = 1  # on a connection that is new the answer is that to the rows, later that to a preparation
        assert recorder.append([(f"{number:032x}", version, "x", b"{}") for version in (1, 2)]) == 1 + 2 * number
    for dropped in (0, 1):
        proxy.drop = dropped
        with pytest.raises(RowTaken):
            recorder.append([(f"{1:032x}", 2, "x", b"other")])
    assert [row[0] for row in recorder.page(0, 20)] == [*range(1, 10)]


def test_after_the_connections_were_cut_every_question_is_answered(flow: DemandFlow, server: Server) -> None:
    for ask in (flow.figures, flow.board, flow.verify, lambda: flow.history(flow.board().rows[0].demand)):
        cut(server)
        ask()
    cut(server)
    assert flow.register("a lamp", by=CLERK, **PLACED).version == 1
    assert flow.figures().count("received") == 2


def test_a_server_that_was_restarted_is_found_again(flow: DemandFlow, server: Server) -> None:
    server.stop()
    server.start()
    flow.register("a lamp", by=CLERK, **PLACED)
    server.stop(signal.SIGQUIT)
    server.start()
    assert flow.figures().count("received") == 2


def test_a_server_that_is_away_is_named_and_what_to_do(
    flow: DemandFlow, proxy: Proxy, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorders, "PAUSES", (0.01, 0.01))
    flow._log._recorder._pool.timeout = 0.3  # type: ignore[attr-defined]
    row = flow._log.rows(flow.events(flow.board().rows[0].demand))[0]
    proxy.drop = 10**6
    with pytest.raises(StorageUnreachable, match="may be recorded or not: do it again with the same command_id"):
        flow._log._recorder.append([row])
    proxy.refusing, proxy.drop = True, 0
    cut(server)
    with pytest.raises(StorageUnreachable, match="cannot be reached"):
        flow.register("a lamp", by=CLERK, command_id="once", **PLACED)
    with pytest.raises(StorageUnreachable):
        flow.figures()
    proxy.refusing = False
    assert flow.register("a lamp", by=CLERK, command_id="once", **PLACED).version == 1
    assert flow.register("a lamp", by=CLERK, command_id="once", **PLACED).version == 1
    assert flow.figures().count("received") == 2


def test_a_page_whose_commit_is_lost_is_written_once(flow: DemandFlow, proxy: Proxy) -> None:
    tables = flow._projector._tables
    run = tables.connection.run  # type: ignore[attr-defined]

    def lost(sql: str) -> None:
        if sql == "COMMIT" and not proxy.drop:
            proxy.drop = 1
        run(sql)

    for number in range(2, 6):
        flow.register("a lamp", by=CLERK, **PLACED)
        tables.connection.run = lost  # type: ignore[attr-defined]
        with pytest.raises(StorageUnreachable):
            flow.figures()
        del tables.connection.run  # type: ignore[attr-defined]
        proxy.drop = 0
        assert flow.figures().count("received") == number
    before = flow.figures()
    flow.rebuild()
    assert flow.figures() == before


@pytest.mark.parametrize(
    ("url", "error", "says"),
    [
        ("postgresql://postgres@127.0.0.1:1/x", StorageUnreachable, "cannot be reached"),
        ("postgresql://postgres@127.0.0.1:{port}/nowhere", InvalidValue, "names no database that is there"),
        ("postgresql://postgres@127.0.0.1:{port}/postgres?options=-csearch_path%3Dnone", StorageError, "schema"),
        ("postgresql://postgres@127.0.0.1:{port}/postgres?what=x", InvalidValue, "cannot be understood"),
    ],
)
def test_a_url_that_cannot_be_opened_says_why(server: Server, url: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        DemandFlow.open(url.format(port=server.port))


def test_a_log_is_made_only_where_it_may_be(postgres: str) -> None:
    with pytest.raises(InvalidValue, match="there is no such log"):
        DemandFlow.open(postgres, create=False)
    DemandFlow.open(postgres).close()
    DemandFlow.open(postgres, create=False).close()


def test_a_lock_that_somebody_else_keeps_is_told(postgres: str) -> None:
    with DemandFlow.open(postgres + "%20-clock_timeout%3D100ms") as flow, psycopg.connect(postgres) as other:
        demand = flow.register("a lamp", by=CLERK, **PLACED)
        other.execute("UPDATE demandflow_log SET last = last")
        with pytest.raises(StorageBusy, match="held by somebody else"):
            flow.accept(demand.id, by=AUDITOR)
        other.rollback()
        assert flow.accept(demand.id, by=AUDITOR).version == 2
