"""What a step's message says about the exception that ended it."""

from __future__ import annotations

import pytest

from etl_monitor_orm import causes


class Mute(Exception):
    """Its text, its notes and its causes all raise."""

    def __str__(self) -> str:
        raise SystemExit("no words")

    @property
    def __notes__(self) -> list[str]:
        raise RuntimeError("no notes")


class Pushy(str):
    """A text whose methods raise."""

    def encode(self, *_: object) -> bytes:
        raise RuntimeError("not me")

    __format__ = __len__ = __iter__ = __add__ = encode


class Wordy(Exception):
    def __str__(self) -> str:
        return Pushy("words")


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    """Raise an exception, from another one if it is given, and return it."""
    try:
        if cause is None:
            raise error
        raise error from cause
    except BaseException as caught:
        return caught


def test_told_plain_exception_is_its_type_and_message() -> None:
    assert causes.told(ValueError("orders.csv is empty")) == "ValueError: orders.csv is empty"


def test_told_cause_follows_on_a_line_of_its_own() -> None:
    assert causes.told(raised(RuntimeError("load failed"), OSError("disk gone"))) == (
        "RuntimeError: load failed\ncaused by OSError: disk gone"
    )


def test_told_chain_of_causes_is_followed_to_its_end() -> None:
    error = raised(RuntimeError("a"), raised(ValueError("b"), OSError("c")))

    assert causes.told(error).splitlines() == ["RuntimeError: a", "caused by ValueError: b", "caused by OSError: c"]


def test_told_handled_exception_is_named_unless_it_is_hidden() -> None:
    def fail(*, hide: bool) -> None:
        try:
            raise OSError("disk gone")
        except OSError:
            if hide:
                raise RuntimeError("load failed") from None
            raise RuntimeError("load failed")  # noqa: B904 - what people forget

    with pytest.raises(RuntimeError) as shown:
        fail(hide=False)
    with pytest.raises(RuntimeError) as hidden:
        fail(hide=True)

    assert causes.told(shown.value) == "RuntimeError: load failed\nwhile handling OSError: disk gone"
    assert causes.told(hidden.value) == "RuntimeError: load failed"


def test_told_notes_follow_their_exception() -> None:
    error = ValueError("bad row")
    error.add_note("in orders.csv")
    error.__notes__.append(7)

    assert causes.told(error) == "ValueError: bad row\nin orders.csv"


def test_told_nested_group_has_every_leaf_with_its_cause() -> None:
    leaf = raised(ValueError("orders.csv is empty"), KeyError("id"))
    inner = ExceptionGroup("crm", [OSError("no route to crm"), leaf])
    inner.add_note("second try")
    error = BaseExceptionGroup("two loads", [inner, KeyboardInterrupt("^C")])

    assert causes.told(error).splitlines() == [
        "BaseExceptionGroup: two loads (2 sub-exceptions)",
        "second try",
        "- OSError: no route to crm",
        "- ValueError: orders.csv is empty",
        "caused by KeyError: 'id'",
        "- KeyboardInterrupt: ^C",
    ]


def test_told_circle_of_causes_ends() -> None:
    one, other = RuntimeError("one"), RuntimeError("other")
    one.__cause__, other.__cause__ = other, one

    assert causes.told(one) == "RuntimeError: one\ncaused by RuntimeError: other"


@pytest.mark.parametrize(
    ("error", "message"),
    [(Mute(), "Mute"), (Wordy(), "Wordy: words"), (raised(Wordy(), Mute()), "Wordy: words\ncaused by Mute")],
    ids=["mute", "wordy", "cause"],
)
def test_told_hostile_exception_says_what_can_be_had(error: BaseException, message: str) -> None:
    assert causes.told(error) == message


def test_told_long_parts_each_keep_their_beginning_and_last_line() -> None:
    leaves = [ValueError(f"first {n}\n{'x' * 3000}\nlast {n}") for n in range(5)]
    message = causes.told(ExceptionGroup("loads", leaves))

    assert len(message) <= 2000
    assert message.startswith("ExceptionGroup: loads (5 sub-exceptions)\n- ValueError: first 0\n")
    assert all(f"first {n}" in message and f"last {n}" in message for n in range(5))
    assert message.endswith("last 4")


def test_told_short_cause_of_a_long_exception_is_whole() -> None:
    message = causes.told(raised(RuntimeError("x" * 5000), OSError("disk gone")))

    assert len(message) <= 2000
    assert message.startswith("RuntimeError: xxx")
    assert message.endswith("\ncaused by OSError: disk gone")


@pytest.mark.parametrize("number", [31, 32, 33, 199, 1000])
def test_told_many_leaves_keep_the_first_and_the_last_and_are_counted(number: int) -> None:
    message = causes.told(ExceptionGroup("loads", [OSError(f"file {n} {'is missing ' * 9}") for n in range(number)]))

    assert len(message) <= 2000
    assert "OSError: file 0" in message
    if number == 199:
        assert "more …]" in message
        assert "OSError: file 198" in message


def test_told_endless_chain_is_cut() -> None:
    error: BaseException = OSError("first")
    for number in range(5000):
        error = raised(RuntimeError(f"{number}"), error)

    assert causes.told(error).startswith("RuntimeError: 4999\ncaused by RuntimeError: 4998\n")
    assert len(causes.told(error)) <= 2000
