"""Renders the page: every text escaped, one style sheet, and a policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from etl_monitor_orm.pages import GENERATOR, assets, drawing, words
from etl_monitor_orm.pages.limits import MOST_BYTES, Limits
from etl_monitor_orm.pages.living import Live
from etl_monitor_orm.pages.showing import next_command, shown, tasks_command, why_command, words_of
from etl_monitor_orm.printable import duration, harmless, named
from etl_monitor_orm.services.explaining import explanations
from etl_monitor_orm.services.explaining.explanations import LONGEST_REASON
from etl_monitor_orm.services.overview.parts import Overview

_NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:"


def rendered(seen: Overview, title: str, live: Live | None = None) -> str:
    """Return the page of an overview; where there is too much for its size, with less of everything.

    Args:
        seen: The overview.
        title: What the page is called.
        live: What a page has that updates itself; None makes one that asks no network for anything.
    """
    limits = Limits()
    while True:
        page = _page(seen, title, limits, live)
        fewer = limits.halved()
        if len(page.encode()) <= MOST_BYTES or fewer == limits:
            return page
        limits = fewer


def refusal(title: str, told: str, todo: str, request_id: str, refresh: int | None) -> str:
    """Return the page that stands where a live page cannot be shown.

    Args:
        title: What happened, in a few words.
        told: What happened.
        todo: What to do.
        request_id: Finds it in the server's log.
        refresh: Seconds until it looks again; None: it does not, because time alone mends nothing.
    """
    return _drawn("refusal.html", _ours(title, refresh), told=told, todo=todo, request_id=request_id, refresh=refresh)


def live_policy() -> str:
    """Return the content policy of a live page: its own scripts and style sheets, and nothing else."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' '{_digest(_style(live=True))}'",
            "connect-src 'self'",
            "img-src data:",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def _page(seen: Overview, title: str, limits: Limits, live: Live | None) -> str:
    if live is None:
        style = _style(live=False)
        head: dict[str, object] = {
            "title": named(title, 200),
            "policy": f"{_NOTHING}; style-src '{_digest(style)}'",
            "style": Markup(style),  # a file of this package
            "generator": GENERATOR,
            "scripts": (),
            "sheets": (),
        }
    else:
        head = _ours(title, live.refresh, with_chart=live.course is not None)
    return _drawn("status.html", head, shown=shown(seen, limits), live=live)


def _ours(title: str, refresh: int | None, *, with_chart: bool = False) -> dict[str, object]:
    """What the head of a page has that the server sends; its policy is in a header."""
    return {
        "title": named(title, 200),
        "policy": None,
        "style": Markup(_style(live=True)),
        "generator": "etl-monitor serve",
        "scripts": assets.names("js", with_chart=with_chart) if refresh else (),
        "sheets": assets.names("css", with_chart=with_chart),
    }


def _drawn(template: str, head: Mapping[str, object], **what: object) -> str:
    return _environment().get_template(template).render({**head, **what})


def _digest(style: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("etl_monitor_orm.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_harmless,
    )
    made.filters |= {
        "duration": duration,
        "named": named,
        "at": words.at,
        "at_second": words.at_second,
        "counted": words.counted,
    }
    made.globals |= {
        "age": words.age,
        "id_of": id_of,
        "legend": words.LEGEND,
        "state_of_day": words.state_of_day,
        "next_command": next_command,
        "task": explanations.task,
        "tasks_command": tasks_command,
        "why_command": why_command,
        "words_of": words_of,
        "width": drawing.WIDTH,
        "longest_line": LONGEST_REASON,
    }
    return made


def _harmless(value: object) -> object:
    """Take what drives a terminal or turns text around out of each text; markup is escaped besides."""
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def id_of(kind: str, *names: object) -> str:
    """Return an id that stays the same from one update to the next, made of names that may be anything."""
    return f"{kind}-{hashlib.sha256(repr(names).encode()).hexdigest()[:12]}"


@cache
def _style(*, live: bool) -> str:
    sheets = ("status.css", "live.css") if live else ("status.css",)
    return "".join(files("etl_monitor_orm.pages").joinpath(f"templates/{name}").read_text("utf-8") for name in sheets)
