"""A primary that is killed while desks write, and its synchronous standby that takes over; a desk that is stopped."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from pathlib import Path
from random import Random

import psycopg

from demandflow import DemandFlow
from demandflow.analysis.verifying import verify
from demandflow.errors import StorageError
from tests.crash.processes import ASKED, CLERK, DONE, PLACES, Diary
from tests.crash.rounds import STARTED, Tally, Wrong, counted
from tests.servers import Server

SPAWN = get_context("spawn")
DESKS, LONGEST, AFTERWARDS, STANDBY = 4, 2.0, 10, "demandflow_standby"
"""How many desks write; within how many seconds of work the primary is killed; what each must do afterwards."""


def opened(url: str) -> DemandFlow:
    """The log, as soon as a server answers: whoever begins late finds the first one gone."""
    while True:
        try:
            return DemandFlow.open(url, create=False)
        except StorageError:
            time.sleep(0.1)


def counter(url: str, path: Path, name: str) -> None:
    """Register demands and note on them, for ever; what is not answered is asked again under the same command id."""
    logging.disable()  # the pool says of each connection that it is lost
    diary, sent = Diary(path), 0
    with opened(url) as flow:
        diary.write("here")
        while True:
            sent += 1
            register, note = f"{name}-{sent}", f"{name}-{sent}-note"
            demand = None
            for command in (register, note):
                diary.write(ASKED, command)
                while True:
                    with suppress(StorageError):
                        if demand is None:
                            place = PLACES[sent % len(PLACES)]
                            told = flow.register("x", channel="hotline", place=place, by=CLERK, command_id=command)
                        else:
                            told = flow.note(demand, "y", by=CLERK, command_id=command)
                        demand = told.id
                        diary.write(DONE, command, demand.hex)
                        break
                    time.sleep(0.05)


@contextmanager
def desks(url: str, folder: Path, number: int) -> Iterator[list[tuple[SpawnProcess, Path]]]:
    """So many desks at work, each with its diary; they are killed in the end."""
    working = []
    try:
        for nth in range(number):
            path = folder / f"diary-{nth}"
            path.touch()
            process = SPAWN.Process(target=counter, args=(url, path, f"desk-{nth}"), daemon=True)
            process.start()
            working.append((process, path))
        wait_for(working, dict.fromkeys(range(number), 1))
        yield working
    finally:
        for process, _ in working:
            process.kill()
            process.join()


def lines(path: Path) -> int:
    """How many commands of this diary were acknowledged."""
    return sum(word == DONE for word, *_ in Diary.lines(path))


def wait_for(working: list[tuple[SpawnProcess, Path]], wanted: dict[int, int]) -> None:
    """Wait until each of these desks has as many commands acknowledged. Raises Wrong if that takes too long."""
    deadline = time.monotonic() + STARTED
    while behind := [nth for nth, number in wanted.items() if lines(working[nth][1]) < number]:
        if time.monotonic() > deadline:
            raise Wrong(f"desks {behind} do not go on")
        time.sleep(0.02)


@contextmanager
def pair() -> Iterator[tuple[Server, Server, str]]:
    """A primary, its synchronous standby, and the URL that names both."""
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
        yield (
            primary,
            standby,
            f"postgresql://postgres@{hosts}/postgres?target_session_attrs=read-write&connect_timeout=3",
        )


def taken_over(folder: Path, number: int, first: int) -> Tally:
    """So many times: the primary is killed at a moment by lot while four desks write, and the standby promoted."""
    tally = Tally()
    for nth in range(first, first + number):
        here = folder / f"failover-{nth}"
        here.mkdir()
        with pair() as (primary, standby, url):
            DemandFlow.open(url).close()
            with desks(url, here, DESKS) as working:
                time.sleep(Random(nth).uniform(0, LONGEST))
                primary.stop(signal.SIGKILL)
                done = [lines(path) for _, path in working]
                standby.run("pg_ctl", "promote", "-D", standby.data, "-w")
                wait_for(working, {desk: number + AFTERWARDS for desk, number in enumerate(done)})
            tally += Tally(1, 1) + looked_at(url, here)
        if tally.lost or tally.doubled:
            raise Wrong(f"failover {nth}: {tally}")
    return tally


def stopped(url: str, folder: Path, first: int) -> Tally:
    """One of four desks is stopped at a moment by lot, ten times; the others go on, and so does it afterwards."""
    dice, tally = Random(first), Tally()
    DemandFlow.open(url).close()
    with desks(url, folder, DESKS) as working:
        for _ in range(10):
            time.sleep(dice.uniform(0, 0.2))
            nth = dice.randrange(DESKS)
            process, _ = working[nth]
            os.kill(process.pid or 0, signal.SIGSTOP)
            try:
                wait_for(working, {desk: lines(path) + 5 for desk, (_, path) in enumerate(working) if desk != nth})
            finally:
                os.kill(process.pid or 0, signal.SIGCONT)
            wait_for(working, {nth: lines(working[nth][1]) + 1})
            tally.rounds += 1
    return tally + looked_at(url, folder)


def looked_at(url: str, folder: Path) -> Tally:
    """What the log says of what was acknowledged. Raises Wrong where it is not whole, or its tables are wrong."""
    with DemandFlow.open(url, create=False) as flow:
        if not (verified := verify(flow)).ok:
            raise Wrong(str(verified))
        return counted(list(flow.all_events()), folder)
