"""Thrift over http on 127.0.0.1, as a warehouse's endpoint: tokens, paths, and the connector's generated processor."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from databricks.sql.thrift_api.TCLIService import TCLIService
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TTransport import TMemoryBuffer

from tests.warehouse.faults import Fault, Faults
from tests.warehouse.service import Service

PATH = "/sql/1.0/warehouses/abc"


class Server:
    """The endpoint.

    Args:
        service: What answers.
        tokens: The tokens that it accepts.
        port: Where it listens; 0 chooses a free one.
        faults: What goes wrong on the way.

    Attributes:
        gone: Whether every request is dropped without an answer.
    """

    def __init__(self, service: Service, tokens: set[str], port: int = 0, faults: Faults | None = None) -> None:
        self.tokens = tokens
        self.faults = faults or Faults()
        self._service = service
        self._processor = TCLIService.Processor(service)
        self.gone = False
        self._listen(port)
        self.port: int = self._listener.server_address[1]

    def answer(self, body: bytes) -> bytes:
        """Answer one call."""
        out = TMemoryBuffer()
        self._processor.process(TBinaryProtocol(TMemoryBuffer(body)), TBinaryProtocol(out))
        return bytes(out.getvalue())

    @contextmanager
    def faulty(self, fault: Fault) -> Iterator[None]:
        """Have the statement that this thread answers meet a fault."""
        self._service.fault.set(fault)
        yield
        self._service.fault.set(None)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Refuse connections, and drop those that are open, for as long as the block lasts."""
        self.gone = True
        self.stop()
        try:
            yield
        finally:
            self._listen(self.port)
            self.gone = False

    def _listen(self, port: int) -> None:
        self._listener = _Listener(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], endpoint: Server) -> None:
        super().__init__(address, _Request)
        self.endpoint = endpoint


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits for the client's acknowledgement
    wbufsize = -1
    server: _Listener

    def log_message(self, *arguments: object) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        self._send(404, b"{}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server.endpoint
        if self.path.partition("?")[0] != PATH:
            return self._refuse(404, "RESOURCE_DOES_NOT_EXIST", "No such warehouse")
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if not token or scheme.lower() != "bearer":
            return self._refuse(401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type")
        if token not in server.tokens:
            return self._refuse(403, "PERMISSION_DENIED", "Invalid access token.")
        return self._answer(body)

    def _answer(self, body: bytes) -> None:
        server = self.server.endpoint
        statement = _statement(body)
        fault = server.faults.take(statement) if statement is not None else None
        if server.gone or (fault is not None and fault.drops and not fault.executed):
            return self._drop()
        if fault is None:
            return self._send(200, server.answer(body))
        if fault.status is not None:
            after = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            return self._send(fault.status, b"", after)
        with server.faulty(fault):
            answer = server.answer(body)
        return self._drop() if fault.drops else self._send(200, answer)

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _refuse(self, code: int, reason: str, message: str) -> None:
        headers = {"x-databricks-reason-phrase": message, "x-databricks-error-or-redirect-message": reason}
        self._send(code, b"", headers)

    def _send(self, code: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/x-thrift")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _statement(body: bytes) -> str | None:
    """The text of the statement that a call asks to execute; None for any other call."""
    protocol = TBinaryProtocol(TMemoryBuffer(body))
    name, _, _ = protocol.readMessageBegin()
    if name != "ExecuteStatement":
        return None
    arguments = TCLIService.ExecuteStatement_args()
    arguments.read(protocol)
    return str(arguments.req.statement)
