"""A stand-in for Data Factory: Microsoft's testing framework evaluates, in a process of its own.

The framework's expressions are evaluated by .NET, which changes signal handlers in its process. So it has another
process than the tests, and they talk over pipes: the factory says which activity it runs, and with what; the test says
how that went.
"""

from __future__ import annotations

from tests.adf.factory.client import Activity, Answer, Factory, Outcome, failed, start_factory, succeeded

__all__ = ["Activity", "Answer", "Factory", "Outcome", "failed", "start_factory", "succeeded"]
