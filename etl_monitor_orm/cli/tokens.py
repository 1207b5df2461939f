"""Commands for the tokens of programs that report over HTTP: `token make`, `token list`, `token revoke`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from etl_monitor_orm import Token
from etl_monitor_orm.cli.durations import duration
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.lazily import group
from etl_monitor_orm.cli.options import Catalog, Json, Schema, Url, opened
from etl_monitor_orm.cli.output import Column, print_json, print_rows
from etl_monitor_orm.clocks import system_clock

token = group("Make, list and revoke the tokens of programs that report over HTTP.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The token's name, for people.")]
Scope = Annotated[str, typer.Option("--scope", metavar="read|report", help="What it allows; report includes reading.")]
OnlyProject = Annotated[
    str | None, typer.Option("--project", metavar="PROJECT", help="Only for this project [default: for all].")
]
Expires = Annotated[
    str | None,
    typer.Option("--expires", metavar="DURATION", help="For how long, such as 90d, 12h or 30m [default: for ever]."),
]


@token.command()
def make(
    name: Name,
    scope: Scope,
    project: OnlyProject = None,
    expires: Expires = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Make a token, and print it.

    It is printed this once, alone on standard output. Only a hash of it is stored.
    """
    with opened(url, schema, catalog) as monitor:
        lasts = None if expires is None else duration("--expires", expires)
        made = monitor.make_token(name, scope, project_code=project, expires_in=lasts)
        if as_json:
            print_json({"token": made.text, "token_id": made.token_id, "name": name, "expires_on": made.expires_on})
        else:
            typer.echo(made.text)
            tell("Keep this token now, as you keep a password: it is never shown again.", err=True)


@token.command("list")
def list_tokens(url: Url = None, schema: Schema = None, catalog: Catalog = None, as_json: Json = False) -> None:
    """List all tokens, revoked and expired ones too.

    The tokens themselves are not stored. Last used is noted once a day.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        rows, now = monitor.tokens(), system_clock()
        print_rows(rows, _columns(now), as_json=as_json, title="Tokens", nothing="There are no tokens.")


@token.command()
def revoke(name: Name, url: Url = None, schema: Schema = None, catalog: Catalog = None, as_json: Json = False) -> None:
    """End a token, from now on.

    A new token can have its name then.
    """
    with opened(url, schema, catalog) as monitor:
        monitor.revoke_token(name)
        if as_json:
            print_json({"name": name, "revoked": True})
        else:
            tell(f"{name} is revoked.")


def _columns(now: datetime) -> tuple[Column[Token], ...]:
    return (
        Column("Name", lambda token: token.name),
        Column("Scope", lambda token: token.scope),
        Column("Project", lambda token: token.project_code),
        Column("State", lambda token: _state(token, now)),
        Column("Made by", lambda token: token.created_by),
        Column("Made", lambda token: token.created_on),
        Column("Expires", lambda token: token.expires_on),
        Column("Last used", lambda token: token.last_used_on),
    )


def _state(token: Token, now: datetime) -> str:
    if token.revoked_on is not None:
        return "revoked"
    return "valid" if token.is_valid(now) else "expired"
