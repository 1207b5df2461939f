"""Delivery: apprise, with a time that no target exceeds, and without a word of an address in what is said."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final, Protocol

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

from etl_monitor_orm.errors import ConfigurationError
from etl_monitor_orm.notify.messages import Message
from etl_monitor_orm.notify.rules import Target

TIMEOUT: Final = 30.0
"""Seconds that a target has to take a message."""

_SLOW, _PAUSE = 2.0, 0.2
"""Seconds between two messages to one target. Of services whose limit apprise does not know, such as mail servers, it
assumes 5.5, which would make an hour of 650 messages."""


class Delivery(Protocol):
    """Takes messages to their targets."""

    def send(self, messages: Sequence[Message]) -> Mapping[str, str]:
        """Send messages, each to its target, at the same time; return why some could not be sent, by target."""
        ...


@dataclass
class _Sending:
    thread: threading.Thread
    result: bool | None = None
    reason: str = "it was not accepted"


class AppriseDelivery:
    """Sends by apprise: each message in a thread, so that a target that hangs holds up no other.

    A thread cannot be ended. A target that hangs is not tried again until its thread has ended; if it took the message
    after all, it gets it twice.

    Args:
        targets: The targets.
        timeout: Seconds that each has to take a message.

    Raises:
        ConfigurationError: The address of a target is none that apprise knows.
    """

    def __init__(self, targets: Mapping[str, Target], timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._hanging: dict[str, threading.Thread] = {}
        self._ways = {name: _way(target) for name, target in targets.items()}

    def send(self, messages: Sequence[Message]) -> Mapping[str, str]:
        """Send messages, each to its target, at the same time; return why some could not be sent, by target."""
        failed: dict[str, str] = {}
        sending: dict[str, _Sending] = {}
        for one in messages:
            before = self._hanging.get(one.target)
            if before is not None and before.is_alive():
                failed[one.target] = "it still hangs from the last time"
            else:
                sending[one.target] = self._start(one)
        end = monotonic() + self._timeout
        for name, one_sending in sending.items():
            one_sending.thread.join(max(0.0, end - monotonic()))
            if one_sending.thread.is_alive():
                self._hanging[name] = one_sending.thread
                failed[name] = f"it did not answer within {self._timeout:g} s"
            elif not one_sending.result:
                failed[name] = one_sending.reason
        return failed

    def _start(self, message: Message) -> _Sending:
        way = self._ways[message.target]
        kind = NotifyType.FAILURE if message.bad else NotifyType.SUCCESS

        def work() -> None:
            try:
                sending.result = bool(
                    way.notify(body=message.body, title=message.title, notify_type=kind, body_format=NotifyFormat.TEXT)
                )
            except Exception as error:
                # Its text may have the address, and the address a password.
                sending.reason = f"{type(error).__name__} was raised"

        sending = _Sending(threading.Thread(target=work, name=f"etl-monitor-notify-{message.target}", daemon=True))
        sending.thread.start()
        return sending


def _way(target: Target) -> Apprise:
    asset = AppriseAsset(
        app_id="etl-monitor",
        app_desc="etl-monitor",
        app_url="",
        async_mode=False,
        interpret_escapes=False,
        interpret_emojis=False,
        secure_logging=True,
        plugin_paths=[],
    )
    way = Apprise(asset=asset)
    if not way.add(target.url):
        raise ConfigurationError(
            f"The target {target.name} is no address that apprise knows. See https://github.com/caronc/apprise for "
            "how addresses are written."
        )
    for service in way:
        if service.request_rate_per_sec > _SLOW:
            service.request_rate_per_sec = _PAUSE
    return way
