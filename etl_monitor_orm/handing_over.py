"""What has connections cannot be copied or pickled: it says what to hand over instead."""

from __future__ import annotations

from typing import ClassVar, NoReturn, SupportsIndex

from etl_monitor_orm.errors import InvalidInput


class CannotBeCopied(InvalidInput, TypeError):
    """An object was copied or pickled that has connections, locks or a running task."""


class NotCopied:
    """Refuses `pickle`, `copy.copy` and `copy.deepcopy` in words."""

    __slots__ = ()

    _instead: ClassVar[str]
    """What to hand over, and what to do with it there."""

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        kind = type(self).__name__
        raise CannotBeCopied(
            f"{kind} objects cannot be copied or pickled, because they belong to the connections of this process. "
            f"{self._instead}"
        )
