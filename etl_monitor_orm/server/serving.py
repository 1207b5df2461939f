"""Serves the application: where it may listen, with which certificate, and how it ends."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl
from dataclasses import dataclass
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from etl_monitor_orm.errors import ConfigurationError, InvalidInput
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.server.app import make_app
from etl_monitor_orm.server.limits import Limits

_HEADER_SECONDS: Final = 15
"""How long a client may take for its first line and headers."""
_HEADER_BYTES: Final = 32 * 1024
_CONNECTIONS: Final = 1_000
_END_SECONDS: Final = 60
"""How long requests under way may take once the server is told to end."""


@dataclass(frozen=True)
class Place:
    """Where to listen.

    Attributes:
        host: An address, or a name of this machine.
        port: The port; 0 chooses a free one.
        certfile: The certificate, as a PEM file.
        keyfile: Its key, if that is another file.
        insecure: Whether to listen on other addresses than loopback without TLS.
    """

    host: str
    port: int
    certfile: str | None = None
    keyfile: str | None = None
    insecure: bool = False

    def check(self) -> None:
        """Refuse to carry tokens in clear over a network.

        Raises:
            InvalidInput: The place is not safe, or a key has no certificate.
            ConfigurationError: The certificate or its key cannot be used.
        """
        if self.keyfile is not None and self.certfile is None:
            raise InvalidInput("A key needs its certificate. Pass --ssl-certfile too.")
        if self.certfile is not None:
            try:
                ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
                    self.certfile, self.keyfile, password=lambda: ""
                )
            except (OSError, ValueError) as trouble:
                words = trouble.strerror if isinstance(trouble, OSError) and trouble.strerror else "it has a password"
                raise ConfigurationError(
                    f"The certificate {self.certfile} or its key cannot be used: {words}."
                ) from None
        elif not self.insecure and not is_loopback(self.host):
            raise InvalidInput(
                f"{self.host} can be reached over a network, and tokens would travel in clear. Pass --ssl-certfile and "
                "--ssl-keyfile, or --insecure if something before this server does TLS."
            )


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Impatient(H11Protocol):
    """Drops a connection whose headers do not come: such a client would hold it for ever."""

    _dropping: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._dropping = self.loop.call_later(_HEADER_SECONDS, transport.abort)

    def handle_events(self) -> None:
        super().handle_events()
        if self.cycle is not None and self._dropping is not None:
            self._dropping.cancel()
            self._dropping = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._dropping is not None:
            self._dropping.cancel()
        super().connection_lost(exc)


class _Server(uvicorn.Server):
    """Says where it listens once it does, because port 0 is chosen by the system."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in self.servers if self.started else ():
            for one in server.sockets:
                host, port = one.getsockname()[:2]
                scheme = "https" if self.config.is_ssl else "http"
                shown = f"[{host}]" if ":" in host else host
                logging.getLogger("etl_monitor_orm.server").info("listening on %s://%s:%s", scheme, shown, port)


def serve(monitor: ETLMonitor, place: Place, limits: Limits) -> bool:
    """Serve until a signal ends it: SIGINT or SIGTERM. Requests under way are finished, new ones are not taken.

    Args:
        monitor: Makes the calls; it stays the caller's to close.
        place: Where to listen.
        limits: How much to take.

    Returns:
        Whether it could listen.

    Raises:
        InvalidInput: The place is not safe.
        ConfigurationError: The certificate cannot be used.
    """
    place.check()
    config = uvicorn.Config(
        make_app(monitor, limits),
        host=place.host,
        port=place.port,
        ssl_certfile=place.certfile,
        ssl_keyfile=place.keyfile,
        http=_Impatient,
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=_END_SECONDS,
        h11_max_incomplete_event_size=_HEADER_BYTES,
    )
    server = _Server(config)
    server.run()
    return server.started
