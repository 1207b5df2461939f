"""A relay before the server that loses the reply to one message, and the connection with it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Relay:
    """Hands bytes on in both directions.

    Attributes:
        port: Where it listens.
        words: What is in the message whose reply is to be lost; None loses nothing.
    """

    def __init__(self, server: int) -> None:
        self.words: bytes | None = None
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=target, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server))
                self._ends += [client, server]
                lose = threading.Event()
                for source, target, asks in ((client, server, True), (server, client, False)):
                    self._start(self._hand_on, source, target, lose, asks)

    def _hand_on(self, source: socket.socket, target: socket.socket, lose: threading.Event, asks: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if asks and self.words is not None and self.words in data:
                    self.words = None
                    lose.set()
                if lose.is_set() and not asks:
                    break  # the server has answered: what was asked is done
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more connections, and end those that there are."""
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        for thread in list(self._threads):
            thread.join()


@contextmanager
def relay(server: int) -> Iterator[Relay]:
    """A relay to a port of this machine."""
    running = Relay(server)
    yield running
    running.close()
