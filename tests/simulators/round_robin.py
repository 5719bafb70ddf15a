"""What stands before several replicas: each connection goes to the next of them that can be reached."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from itertools import count


class RoundRobin:
    """A balancer of TCP connections on loopback."""

    def __init__(self, ports: Sequence[int], port: int = 0) -> None:
        self._ports, self._next = list(ports), count()
        self._socket = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # which a close does not: accept() would go on waiting
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, self._behind() as server:
            threading.Thread(target=_pump, args=(server, client), daemon=True).start()
            _pump(client, server)

    def _behind(self) -> socket.socket:
        for _ in self._ports:
            with suppress(OSError):
                return socket.create_connection(("127.0.0.1", self._ports[next(self._next) % len(self._ports)]))
        raise OSError("no replica is there")


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
