"""A synchronous standby takes over: what was answered is there."""

from __future__ import annotations

import signal
import time
from contextlib import closing
from multiprocessing import get_context
from typing import Any

import psycopg
import pytest

from demandflow import Actor, DemandFlow, Role
from demandflow.errors import StorageError
from tests.servers import WHY_NOT, Server, binaries

pytestmark = pytest.mark.long
SPAWN = get_context("spawn")
CLERK = Actor("Li", Role.GRID_ADMINISTRATOR)
WRITERS, SECONDS = 4, 2
STANDBY = "demandflow_standby"


def opened(url: str) -> DemandFlow:
    """The log, as soon as a server answers: whoever begins late finds the first one gone."""
    while True:
        try:
            return DemandFlow.open(url)
        except StorageError:
            time.sleep(0.1)


def write(url: str, name: int, answered: Any, over: Any) -> None:
    """Register demands for as long as it takes; what is not answered is asked again under the same command id."""
    number, done = 0, list[str]()
    with opened(url) as flow:
        while not over.is_set():
            number += 1
            command = f"{name}-{number}"
            while not over.is_set():
                try:
                    flow.register("x", channel="hotline", place="a", by=CLERK, command_id=command)
                    done.append(command)
                    break
                except StorageError:
                    time.sleep(0.1)
    answered.put(done)


@pytest.mark.skipif(binaries() is None, reason=WHY_NOT)
def test_a_standby_that_takes_over_has_all_that_was_answered() -> None:
    with closing(Server({"wal_level": "replica"})) as primary, closing(Server(like=primary)) as standby:
        with (primary.data / "pg_hba.conf").open("a") as rights:
            rights.write("host replication all 127.0.0.1/32 trust\n")
        primary.start()
        from_ = f"host=127.0.0.1 port={primary.port} user=postgres application_name={STANDBY}"
        standby.run("pg_basebackup", "-D", standby.data, "-R", "-X", "stream", "-c", "fast", "-d", from_)
        standby.start(waits=False)
        with psycopg.connect(primary.url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")
            connection.execute("SELECT pg_reload_conf()")
            while connection.execute("SELECT sync_state FROM pg_stat_replication").fetchone() != ("sync",):
                time.sleep(0.05)
        hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
        url = f"postgresql://postgres@{hosts}/postgres?target_session_attrs=read-write&connect_timeout=3"
        DemandFlow.open(url).close()
        answered, over = SPAWN.Queue(), SPAWN.Event()
        writers = [
            SPAWN.Process(target=write, args=(url, name, answered, over), daemon=True) for name in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        with DemandFlow.open(url) as flow:
            while (flow.figures().count("received") or 0) < 5 * WRITERS:
                time.sleep(0.05)
        primary.stop(signal.SIGKILL)
        standby.run("pg_ctl", "promote", "-D", standby.data, "-w")
        time.sleep(SECONDS)
        over.set()
        done = [command for _ in writers for command in answered.get(timeout=60)]
        for writer in writers:
            writer.join()
        with DemandFlow.open(url) as flow:
            recorded = [str(event.meta.command_id) for event in flow.all_events()]
            assert {*done} <= {*recorded}
            assert len(recorded) == len({*recorded})
            before = flow.figures()
            assert before.count("received") == len(recorded)
            flow.rebuild()
            assert flow.figures() == before
            assert flow.verify().ok
