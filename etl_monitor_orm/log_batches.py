"""Writes a batch of log records although some of them cannot be written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from etl_monitor_orm.errors import ConfigurationError, Retryable, SchemaError
from etl_monitor_orm.services.logs import LogEntry

Send = Callable[[Sequence[LogEntry]], object]

_AWAY: Final = (ConfigurationError, Retryable, SchemaError, OSError)
"""What every record would meet: it says nothing about one of them."""


@dataclass
class Outcome:
    """What became of a batch.

    Attributes:
        refused: The records that cannot be written, although others can, and why.
        waiting: The records that may be written later, in their order.
        trouble: Why they wait.
    """

    refused: list[tuple[LogEntry, Exception]] = field(default_factory=list)
    waiting: list[LogEntry] = field(default_factory=list)
    trouble: BaseException | None = None


def write(entries: Sequence[LogEntry], send: Send) -> Outcome:
    """Write a batch. After a failure, write its halves, and theirs, down to the records that are to blame.

    A record is refused only when another of its batch was written. If none was, the database is to blame: all wait.

    Args:
        entries: The batch; not empty.
        send: Writes entries, all or none.
    """
    parts = [list(entries)]
    suspects: list[tuple[LogEntry, Exception]] = []
    done: set[int] = set()
    tries_left = 2 * len(entries).bit_length() + 8

    def outcome(trouble: BaseException | None) -> Outcome:
        refused = suspects if done else []
        settled = done | {id(entry) for entry, _ in refused}
        return Outcome(refused, [entry for entry in entries if id(entry) not in settled], trouble)

    reason: Exception | None = None
    while parts:
        some = parts.pop()
        try:
            send(some)
            done.update(map(id, some))
            continue
        except _AWAY as trouble:
            return outcome(trouble)
        except Exception as trouble:
            reason = trouble
        except BaseException as trouble:
            return outcome(trouble)
        if len(some) == 1:
            suspects.append((some[0], reason))
        else:
            parts += [some[len(some) // 2 :], some[: len(some) // 2]]
        tries_left -= 1
        if not done and tries_left < 0:
            break
        if not done and tries_left == 0 and parts:
            # The first records are all refused. If the very last one is too, it is not for what they hold.
            parts.append([parts[0].pop()])
            parts = [part for part in parts if part]
    return outcome(None if done else reason)
