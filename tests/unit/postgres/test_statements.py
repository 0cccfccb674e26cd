"""What takes other statements in PostgreSQL than in SQLite comes to the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import DemandFlow
from demandflow.store.holes import ENDS
from demandflow.store.postgres.connection import TOGETHER, Connection
from demandflow.store.postgres.dialect import translated
from demandflow.store.statements import streamed
from tests.profiles import examples
from tests.servers import Server
from tests.unit.recording.test_counts import lives

ADD = """INSERT INTO sums (key, what, amount) VALUES (?, ?, ?)
    ON CONFLICT (key, what) DO UPDATE SET amount = sums.amount + excluded.amount"""


@pytest.fixture(scope="module")
def connection(server: Server) -> Iterator[Connection]:
    with closing(Connection(server.url)) as own:
        own.execute("CREATE TABLE sums (key INTEGER, what TEXT, amount INTEGER, PRIMARY KEY (key, what))")
        yield own


@given(
    st.integers(0, 3 * TOGETHER), st.dictionaries(st.tuples(st.integers(0, 9), st.text("a%?$1")), st.integers(-9, 9))
)
@settings(max_examples=examples(40))
def test_rows_that_are_added_together_come_to_the_same_as_one_by_one(
    connection: Connection, many: int, few: dict[tuple[int, str], int]
) -> None:
    connection.execute("DELETE FROM sums")
    pages = [{(key, "many"): key for key in range(many)}, few, few, {(key, "many"): 1 for key in range(many)}]
    expected = Counter[tuple[int, str]]()
    for page in pages:
        connection.executemany(ADD, [(*key, amount) for key, amount in page.items()])
        for key, amount in page.items():
            expected[key] += amount
    rows = connection.execute("SELECT key, what, amount FROM sums").fetchall()
    assert {(key, what): amount for key, what, amount in rows} == dict(expected)


@given(st.integers(0, 3_000))
@settings(max_examples=examples(20))
def test_a_long_answer_stays_on_the_server_and_comes_in_pages(connection: Connection, rows: int) -> None:
    connection.begin("BEGIN")
    try:
        numbers, there = 0, "SELECT 1 FROM pg_cursors WHERE name = 'streamed'"
        for (number,) in streamed(connection, f"SELECT number FROM generate_series(1, {rows}) AS number"):
            numbers += 1
            assert number == numbers
            assert number % 500 or len(connection.execute(there).fetchall()) == 1
        assert numbers == rows
        assert connection.execute(there).fetchall() == []
    finally:
        connection.leave()


def test_whether_the_end_of_a_log_is_missing_is_seen_without_reading_its_rows(postgres: str) -> None:
    """PostgreSQL takes a table that it has not looked at for a long one, and would then read all rows of another."""
    with DemandFlow.open(postgres) as flow:
        lives(flow, 1)
        many = "INSERT INTO stored_events SELECT 'x', n, 'x', '', n FROM generate_series(1000, 21000) AS n"
        flow._log._recorder.transaction(lambda connection: connection.execute(many))
    with closing(Connection(postgres)) as own:
        plan = "\n".join(line for (line,) in own.execute(f"EXPLAIN {translated(ENDS)}"))
    assert "Seq Scan on demandflow_marks" in plan
    assert "Seq Scan on stored_events" not in plan
