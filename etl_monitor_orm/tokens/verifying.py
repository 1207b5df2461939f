"""Whether a token is one of ours, and what it allows."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from hmac import compare_digest

from etl_monitor_orm import ETLMonitor, EtlMonitorError, token_texts
from etl_monitor_orm.services import tokens
from etl_monitor_orm.vocabulary import TokenScope

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Grant:
    """What a verified token allows.

    Attributes:
        token_id: The token's public part; logs may have it.
        name: Its name for people.
        scope: What it allows.
        project_code: The only project that it is for; None means all.
    """

    token_id: str
    name: str
    scope: TokenScope
    project_code: str | None


def verified(monitor: ETLMonitor, text: object) -> Grant | None:
    """Return what a token allows; None if it is none of `ETLtokens`, or was revoked, or has expired.

    It is found by its public id, in one statement, and compared in a time that tells nothing of the stored hash. A text
    that cannot be a token asks nothing of the database. The first use of a day is noted, by a second statement.

    Args:
        monitor: The monitor.
        text: What the caller sent, of any type and length.

    Raises:
        EtlMonitorError: The database cannot be asked.
    """
    token_id = token_texts.id_in(text)
    if token_id is None or not isinstance(text, str):
        return None
    at_once = monitor._runtime.one_reading()
    found = at_once.run(tokens.found, token_id)
    if found is None:
        return None
    token, stored = found
    if not compare_digest(token_texts.hashed(text), stored) or not token.is_valid(at_once.now):
        return None
    if token.scope not in list(TokenScope):
        return None  # a word that a newer release wrote
    if tokens.is_use_due(token, at_once.now):
        try:
            at_once.run(tokens.note_use, token_id)
        except EtlMonitorError as error:
            _log.debug("The use of token %s could not be noted: %s", token_id, error)
    return Grant(token.token_id, token.name, token.scope, token.project_code)
