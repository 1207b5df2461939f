"""Calls about the tokens of programs that report over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from etl_monitor_orm import inputs, token_texts
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.services import tokens
from etl_monitor_orm.services.tokens import NewToken, Token, Wanted
from etl_monitor_orm.vocabulary import TokenScope

_LONGEST_NAME: Final = 100


class TokenCalls(Calls):
    """Makes, lists and revokes tokens."""

    def make_token(
        self,
        name: str,
        scope: TokenScope | str,
        *,
        project_code: str | None = None,
        expires_in: timedelta | float | None = None,
    ) -> NewToken:
        """Make a token for a program that reports over HTTP (`ETLtokens`).

        Only a hash of it is stored, so the text that this call returns is shown once and is never seen again.

        Args:
            name: Its name for people, at most 100 characters. A revoked token's name can be used again.
            scope: `read`, or `report`, which includes reading.
            project_code: The only project that it is for; None means all.
            expires_in: For how long it can be used, as a timedelta or in seconds; None means until it is revoked.

        Returns:
            The token; `text` is what the program sends.

        Raises:
            InvalidInput: A token that is not revoked has the name, or an argument cannot be read.

        Example:
            `print(monitor.make_token("data-factory", "report", project_code="CORP").text)`
        """
        lasts = None if expires_in is None else inputs.span("expires_in", expires_in)
        if lasts == timedelta(0):
            raise InvalidInput("expires_in must be longer than 0 seconds.")
        wanted = Wanted(
            token_texts.new(),
            inputs.text("name", name, longest=_LONGEST_NAME),
            inputs.choice("scope", TokenScope, scope),
            inputs.optional_code("project_code", project_code),
            lasts,
        )
        return self._runtime.run(tokens.make, wanted)

    def revoke_token(self, name: str) -> None:
        """End the token with a name, from now on (`ETLtokens`). You can call it again.

        Args:
            name: The token's name.

        Raises:
            TokenNotFound: No token has the name.
        """
        self._runtime.run(tokens.revoke, inputs.text("name", name))

    def tokens(self) -> Rows[Token]:
        """Return all tokens, revoked and expired ones too, by name and time; their texts are not stored (`ETLtokens`).

        Example:
            `[token.name for token in monitor.tokens() if token.project_code == "CORP"]`
        """
        return Rows(Token, self._runtime.run(tokens.listed))
