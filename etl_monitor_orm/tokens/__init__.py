"""Who a request over HTTP comes from, and whether it was answered before: what a server asks, and nothing of HTTP."""

from __future__ import annotations

from etl_monitor_orm.tokens.remembering import Answer, Request, Requests, digest_of
from etl_monitor_orm.tokens.verifying import Grant, verified

__all__ = ["Answer", "Grant", "Request", "Requests", "digest_of", "verified"]
