"""Whoever follows a log in PostgreSQL is told at once; where that cannot be, it looks as often as was said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from threading import Event, Thread
from time import monotonic

import psycopg
import pytest

from demandflow import DemandFlow
from demandflow.automation.follower import follow
from demandflow.errors import StorageBusy, StorageUnreachable
from demandflow.store.backends import waiting_at
from demandflow.store.postgres.listening import Listener
from demandflow.testing.playing.places import Schemas
from tests.stories import CLERK

LONG, SOON = timedelta(hours=1), 20.0
"""How often followers look; within how many seconds they must have been told."""


@contextmanager
def beside(work: Thread, stop: Event) -> Iterator[None]:
    """This work goes on beside, until the end."""
    work.start()
    try:
        yield
    finally:
        stop.set()
        work.join(SOON)
    assert not work.is_alive()


def register(url: str) -> None:
    with DemandFlow.open(url) as flow:
        flow.register("路灯坏了", channel="hotline", place="fufeng/c1", by=CLERK)


def cut(url: str) -> None:
    """Cut whatever connection listens."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'")


@pytest.mark.parametrize("lost", [False, True])
def test_who_follows_has_what_is_recorded_at_once(postgres: str, *, lost: bool) -> None:
    got, stop, every = list[int](), Event(), timedelta(seconds=1) if lost else LONG
    arrived = [Event(), Event()]
    with DemandFlow.open(postgres) as flow:

        def read() -> None:
            for position, _ in flow.follow_events(stop=stop, every=every):
                got.append(position)
                arrived[len(got) - 1].set()

        with beside(Thread(target=read), stop):
            register(postgres)
            assert arrived[0].wait(SOON)
            if lost:
                cut(postgres)
            register(postgres)
            assert arrived[1].wait(SOON)
        assert got == [1, 2]


def test_policies_act_at_once_on_what_others_record(postgres: str) -> None:
    stop, acted = Event(), Event()
    with DemandFlow.open(postgres) as flow:
        # the first look, and one after it began to listen
        looked = [Event(), Event()]
        run, times = flow.run_policies, iter(looked)

        def counted(*given: object, **more: object) -> object:
            if (one := next(times, None)) is not None:
                one.set()
            elif flow.last_position():
                acted.set()
            return run(*given, **more)  # type: ignore[arg-type]

        flow.run_policies = counted  # type: ignore[method-assign,assignment]
        with beside(Thread(target=follow, args=(flow, stop), kwargs={"every": LONG}), stop):
            assert all(one.wait(SOON) for one in looked)
            register(postgres)
            assert acted.wait(SOON)


def test_policies_go_on_after_a_server_that_was_away(postgres: str) -> None:
    stop, told = Event(), list[object]()
    with DemandFlow.open(postgres) as flow:
        run, failures = flow.run_policies, [StorageUnreachable("it is away"), StorageBusy("it is held")]

        def sometimes(*given: object, **more: object) -> object:
            if failures:
                raise failures.pop()
            stop.set()
            return run(*given, **more)  # type: ignore[arg-type]

        flow.run_policies = sometimes  # type: ignore[method-assign,assignment]
        assert follow(flow, stop, every=timedelta(milliseconds=1), tell=told.append) == 0
    assert [type(one) for one in told] == [StorageBusy, StorageUnreachable]


def test_another_log_of_the_database_wakes_nobody(postgres: str, servers: Schemas) -> None:
    with servers.schema() as other, waiting_at(postgres) as wait:
        wait(0, Event())  # it listens from here on
        register(other)
        began = monotonic()
        wait(0.3, Event())
        assert monotonic() - began >= 0.3


def test_who_waits_stops_when_told_to(postgres: str) -> None:
    stop = Event()
    with waiting_at(postgres) as wait:
        wait(0, stop)
        stop.set()
        began = monotonic()
        wait(60, stop)
        assert monotonic() - began < 30


def test_where_there_is_no_server_the_time_passes() -> None:
    with closing(Listener("postgresql://127.0.0.1:1/nowhere")) as one:
        began = monotonic()
        one.wait(0.2, Event())
        assert monotonic() - began >= 0.2
