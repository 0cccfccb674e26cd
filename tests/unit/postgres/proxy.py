"""Stands between a client and the server, and drops an answer when it is told to: what was asked was done."""

from __future__ import annotations

import select
import socket
from contextlib import suppress
from threading import Thread


class Proxy:
    """Passes everything on. While `drop` is above 0, the next answers are dropped, with their connections."""

    def __init__(self, port: int) -> None:
        self._to, self.drop, self.refusing = port, 0, False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self.refusing:
                    client.close()
                else:
                    Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(("127.0.0.1", self._to)) as server:
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    if ready is server and self.drop > 0:
                        self.drop -= 1
                        return
                    (client if ready is server else server).sendall(data)
