"""Delivery to real receivers: plain text arrives, a server that hangs holds nobody up, and no secret is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from etl_monitor_orm import BreachKind, ConfigurationError
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.notify.delivering import AppriseDelivery
from etl_monitor_orm.notify.messages import Message, Piece, length, message
from etl_monitor_orm.notify.rules import Target
from etl_monitor_orm.services.telling import OPENED, Item
from tests.notify.conftest import MailServer, WebHook
from tests.patience import PATIENT

NOW = datetime(2026, 4, 9, 6, tzinfo=UTC)
HOSTILE = "<b onclick=x>**Load**</b> [go](http://evil) \x1b[31m @everyone\r\nBcc: all@example.com"


def told(target: str, name: str = "Load employees") -> Message:
    process = ProcessKey("CORP", name)
    item = Item("1", BreachKind.FAILED, process, name, NOW, message=f"{name} failed: OSError: {name}", blocks=name)
    return message(target, [Piece(item, OPENED)], NOW)


def delivery(timeout: float = PATIENT, **urls: str) -> AppriseDelivery:
    return AppriseDelivery({name: Target(name, url) for name, url in urls.items()}, timeout)


def test_mail_when_sent_arrives_with_its_title_and_text(mail: MailServer) -> None:
    assert delivery(mail=mail.url).send([told("mail")]) == {}

    [got] = mail.mails
    assert (got["Subject"], got["To"]) == ("CORP/Load employees: 1 failed", "hr@example.com")
    text = got.get_body(("plain", "html")).get_content()
    assert "Load employees failed: OSError" in text.replace("\xa0", " ").replace("&nbsp;", " ")


def test_web_hook_when_sent_gets_plain_text(hook: WebHook) -> None:
    assert delivery(hook=hook.url).send([told("hook")]) == {}

    [got] = hook.bodies
    assert got["title"] == "CORP/Load employees: 1 failed"
    assert str(got["message"]).startswith("CORP/Load employees (Load employees)\n\nLoad employees failed")


def test_hostile_name_in_a_mail_is_no_markup_and_adds_no_header(mail: MailServer) -> None:
    assert delivery(mail=f"{mail.url}&format=html").send([told("mail", HOSTILE)]) == {}

    [got] = mail.mails
    html = got.get_body(("html",))
    assert html is not None
    assert "<b " not in html.get_content()
    assert got["Bcc"] is None
    assert "\x1b" not in got.as_string()


@pytest.mark.parametrize(
    ("form", "markup"), [("html", "<b "), ("markdown", "<b "), ("markdown", "**Load**"), ("markdown", "](http")]
)
def test_hostile_name_when_the_target_takes_markup_is_escaped(hook: WebHook, form: str, markup: str) -> None:
    assert delivery(hook=f"{hook.url}?format={form}").send([told("hook", HOSTILE)]) == {}

    [got] = hook.bodies
    assert markup not in str(got["message"])


def test_hostile_name_in_plain_text_drives_no_terminal_and_calls_nobody(hook: WebHook) -> None:
    assert delivery(hook=hook.url).send([told("hook", HOSTILE)]) == {}

    words = f"{hook.bodies[0]['title']}{hook.bodies[0]['message']}"
    assert ["\x1b" in words, "\r" in words, "@everyone" in words, "all@example.com" in words] == [False] * 3 + [True]


def test_target_that_refuses_when_sent_to_is_named_without_its_address(hook: WebHook) -> None:
    hook.answer = 500

    assert delivery(hook=hook.url).send([told("hook")]) == {"hook": "it was not accepted"}


def test_mail_server_that_hangs_fails_in_time_and_the_others_are_told(mail: MailServer, hanging: int) -> None:
    slow = f"mailto://127.0.0.1:{hanging}?from=etl@example.com&to=a@example.com&mode=insecure&cto={PATIENT}"
    both = delivery(0.2, slow=slow, mail=mail.url)
    assert both.send([told("slow")]) == {"slow": "it did not answer within 0.2 s"}

    both._timeout = PATIENT
    assert both.send([told("slow"), told("mail")]) == {"slow": "it still hangs from the last time"}
    assert len(mail.mails) == 1


def test_address_that_nobody_knows_is_refused_without_its_secret() -> None:
    with pytest.raises(ConfigurationError) as refused:
        delivery(chat="nosuch://etl:hunter2@example.com")

    assert "chat" in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("elapsed", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=42, seconds=10), "42 min"),
        (timedelta(hours=3, minutes=5), "3 h 5 min"),
        (timedelta(days=2), "2 d"),
        (timedelta(days=2, hours=7), "2 d 7 h"),
    ],
)
def test_length_is_told_in_its_largest_units(elapsed: timedelta, words: str) -> None:
    assert length(elapsed) == words


def test_given_a_mail_server_when_several_messages_are_sent_then_it_is_not_kept_waiting_as_apprise_would() -> None:
    delivery = AppriseDelivery({"mail": Target("mail", "mailto://127.0.0.1?from=a@b.com&to=c@d.com&mode=insecure")})

    assert [service.request_rate_per_sec for service in delivery._ways["mail"]] == [0.2]
