"""A full disk, a database that takes no writes, one that is held, cut off or away: said in words, and it goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demandflow import DemandFlow, StorageBusy, StorageError
from demandflow.errors import StorageUnreachable
from demandflow.store.postgres import recorder as recorders
from demandflow.store.postgres.dialect import TABLES
from demandflow.testing.playing.places import Schemas
from tests.profiles import examples
from tests.servers import Server
from tests.unit.failures.witness import PLACED, STEPS, Witness
from tests.unit.postgres.proxy import Proxy

FULL_DISK = """CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"""
FILLING = ("stored_events", "demandflow_board")


class Place:
    """A server behind a proxy, with a log in a schema."""

    def __init__(self, server: Server, proxy: Proxy, url: str) -> None:
        self.server, self.proxy, self.url = server, proxy, url
        self.admin: Any = psycopg.connect(url.replace(f":{proxy.port}", f":{server.port}"), autocommit=True)
        self.admin.execute("SET default_transaction_read_only = off")

    @contextmanager
    def full(self, _: DemandFlow) -> Iterator[None]:
        """What a server says whose disk is full, to whoever writes rows of the log or of the board."""
        self.admin.execute(FULL_DISK)
        for table in FILLING:
            self.admin.execute(
                f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION full_disk()"
            )
        yield
        for table in FILLING:
            self.admin.execute(f"DROP TRIGGER full_disk ON {table}")

    @contextmanager
    def read_only(self, _: DemandFlow | None = None) -> Iterator[None]:
        """The database takes no writes, as that of a standby."""
        self._says("SET default_transaction_read_only = on")
        try:
            yield
        finally:
            self._says("RESET default_transaction_read_only")

    def _says(self, what: str) -> None:
        self.admin.execute(f"ALTER DATABASE postgres {what}")
        self.cut_off()

    def cut_off(self) -> None:
        """End all connections but that of the administrator."""
        self.admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )

    @contextmanager
    def held(self, _: DemandFlow) -> Iterator[None]:
        """Somebody keeps the locks of those who write."""
        with psycopg.connect(self.admin.info.dsn, options=self.admin.info.options) as other:
            other.execute("UPDATE demandflow_log SET last = last")
            other.execute("LOCK TABLE demandflow_cursors IN ACCESS EXCLUSIVE MODE")
            yield
            other.rollback()

    @contextmanager
    def cut(self, _: DemandFlow) -> Iterator[None]:
        """All connections are ended, once."""
        self.cut_off()
        yield

    @contextmanager
    def away(self, _: DemandFlow) -> Iterator[None]:
        """Nobody answers."""
        self.proxy.refusing = True
        self.cut_off()
        yield
        self.proxy.refusing = False

    @contextmanager
    def restarted(self, _: DemandFlow) -> Iterator[None]:
        """The server is away, and comes back with the end."""
        self.admin.close()
        self.server.stop()
        try:
            yield
        finally:
            self.server.start()
            self.__init__(self.server, self.proxy, self.url)  # type: ignore[misc]

    def open_transactions(self) -> int:
        """How many clients have one."""
        query = "SELECT COUNT(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
        return int(self.admin.execute(query).fetchone()[0])


TROUBLES = [
    ("full", "nothing was recorded: make room on the server's disk", StorageError),
    ("read_only", "takes no writes .* target_session_attrs=read-write in the URL", StorageUnreachable),
    ("held", "held by somebody else .* try again", StorageBusy),
    ("away", "cannot be reached .* do it again with the same command_id|cannot be reached: ", StorageUnreachable),
    ("restarted", "cannot be reached .* do it again with the same command_id|cannot be reached: ", StorageUnreachable),
]


@pytest.fixture
def place(server: Server, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(recorders, "PAUSES", (0.01, 0.01))
    with Schemas(server.url.replace(str(server.port), str(proxy.port))).schema() as url:
        there = Place(server, proxy, f"{url}%20-clock_timeout%3D50ms")
        yield there
        there.admin.close()


@pytest.fixture
def flow(place: Place) -> Iterator[DemandFlow]:
    with DemandFlow.open(place.url) as opened:
        opened._log._recorder._pool.timeout = 0.2  # type: ignore[attr-defined]
        yield opened


WATCHED = [(name, says) for name, says, _ in TROUBLES if name != "restarted"] + [("cut", "nothing")]


@pytest.mark.long
@pytest.mark.parametrize(("trouble", "says"), WATCHED, ids=[name for name, _ in WATCHED])
@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(STEPS), max_size=10))
def test_whatever_is_done_while_a_server_fails_it_is_said_and_goes_on(
    place: Place, flow: DemandFlow, witness: Witness, steps: list[str], trouble: str, says: str
) -> None:
    witness.lives(steps, getattr(place, trouble), says)
    assert not place.open_transactions()


@pytest.fixture
def witness(flow: DemandFlow) -> Witness:
    return Witness(flow)


@pytest.mark.parametrize(("trouble", "says", "kind"), TROUBLES, ids=[name for name, _, _ in TROUBLES])
def test_what_fails_is_said_to_whoever_records_and_to_whoever_asks(
    place: Place, flow: DemandFlow, trouble: str, says: str, kind: type[StorageError]
) -> None:
    witness = Witness(flow)
    assert witness.does("figures") is None
    assert witness.does("register") is None
    with getattr(place, trouble)(flow):
        for step in ("register", "note", "figures", "board"):
            error = witness.does(step)
            assert type(error) is kind, step
            assert re.search(says, str(error)), error
    witness.goes_on()
    assert not place.open_transactions()


def test_a_database_that_takes_no_writes_is_opened_to_read_what_is_there(place: Place) -> None:
    with pytest.raises(StorageUnreachable, match="takes no writes"), place.read_only():
        DemandFlow.open(place.url)
    with DemandFlow.open(place.url) as flow:
        witness = Witness(flow)
        figures, board, events = flow.figures(), flow.board(), list(flow.all_events())
        with place.read_only(), DemandFlow.open(place.url, create=False) as reader:
            assert (reader.figures(), reader.board(), list(reader.all_events())) == (figures, board, events)
            with pytest.raises(StorageUnreachable, match="takes no writes"):
                reader.register("x", **PLACED)
        assert witness.does("register") is None
        with place.read_only(), DemandFlow.open(place.url, create=False) as reader:
            with pytest.raises(StorageUnreachable, match="takes no writes"):
                reader.figures()
            assert reader.figures(catch_up=False) == figures
            assert len(list(reader.all_events())) == len(events) + 1
        witness.goes_on()


def test_while_somebody_who_writes_the_tables_is_stopped_others_record_and_read_what_is_there(place: Place) -> None:
    with DemandFlow.open(place.url) as flow:
        witness = Witness(flow)
        figures = flow.figures()
        with psycopg.connect(place.admin.info.dsn, options=place.admin.info.options) as stopped:
            stopped.execute("SELECT pg_advisory_xact_lock(%s::int, hashtext(current_schema()))", [TABLES])
            assert witness.does("register") is None
            assert isinstance(witness.does("figures"), StorageBusy)
            assert flow.figures(catch_up=False) == figures
            stopped.rollback()
        witness.goes_on()


def test_a_role_that_may_only_read_opens_the_log_to_read(place: Place) -> None:
    with DemandFlow.open(place.url) as flow:
        witness = Witness(flow)
        figures = flow.figures()
        (schema,) = place.admin.execute("SELECT current_schema()").fetchone()
        for sql in (
            "CREATE ROLE reader LOGIN",
            "ALTER ROLE reader SET default_transaction_read_only = on",
            f"GRANT USAGE ON SCHEMA {schema} TO reader",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader",
        ):
            place.admin.execute(sql)
        with DemandFlow.open(place.url.replace("postgres@", "reader@"), create=False) as reader:
            assert reader.figures() == figures
            assert len(reader.history(witness.first)) == 1
            with pytest.raises(StorageUnreachable, match="takes no writes"):
                reader.register("x", **PLACED)
        place.admin.execute("DROP OWNED BY reader")
        place.admin.execute("DROP ROLE reader")
