"""The stack as the demo sees it: an environment of its own, errors handed on, a wait with an end."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from headcount.demo import stack
from headcount.demo.children import Children, Done
from headcount.errors import HeadcountError


class Answering(Children):
    """Runs nothing: gives these answers, the last one for ever."""

    def __init__(self, *answers: Done) -> None:
        super().__init__({})
        self.answers = list(answers)
        self.asked: list[Sequence[str]] = []

    def run(self, argv: Sequence[str], *, cwd: Path | None = None) -> Done:
        self.asked.append(argv)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def ledger(added: int, kept: int = 0) -> Done:
    return Done(0, json.dumps({"added": added, "kept_without_fact": kept}) + "\n", "")


def test_nothing_of_the_users_settings_reaches_the_demo() -> None:
    given = {"PATH": "/bin", "HEADCOUNT_KAFKA": "k:1", "GITHUB_SHA": "x", "GIT_DIR": "/x", "PIP_PROXY": "p"}
    environ = stack.environment_of(given, Path("/s"))
    assert environ["HEADCOUNT_STATE_DIR"] == "/s"
    assert (environ["PATH"], environ["PIP_PROXY"]) == ("/bin", "p")
    assert not {"HEADCOUNT_KAFKA", "GITHUB_SHA", "GIT_DIR"} & set(environ)
    assert environ["GIT_AUTHOR_EMAIL"].endswith("@example.org")


def test_what_a_command_says_is_handed_on_in_its_three_parts() -> None:
    said = "error: no room\n  where: /tmp\n  what to do: make some\n"
    with pytest.raises(HeadcountError) as caught:
        stack.call(Answering(Done(1, "", said)), "up")
    assert (caught.value.what, caught.value.where, caught.value.do) == ("no room", "/tmp", "make some")


def test_a_command_that_says_nothing_is_named() -> None:
    with pytest.raises(HeadcountError, match=r"headcount up. ended with -9"):
        stack.call(Answering(Done(-9, "", "")), "up")


def test_the_wait_ends_when_all_have_their_place() -> None:
    children = Answering(ledger(0), ledger(5), ledger(6, kept=1))
    rows = stack.await_arrival(children, 7, state=Path("/s"), clock=lambda: 0.0, sleep=lambda _: None)
    assert rows == [{"added": 6, "kept_without_fact": 1}]
    assert len(children.asked) == 3


def test_the_wait_gives_up_and_says_where_to_look() -> None:
    now = iter((0.0, 1.0, stack.ARRIVAL_SECONDS + 1))
    with pytest.raises(HeadcountError, match="3 of 7 builds") as caught:
        stack.await_arrival(Answering(ledger(3)), 7, state=Path("/s"), clock=lambda: next(now), sleep=lambda _: None)
    assert "/s/logs" in caught.value.where


@pytest.mark.parametrize(
    ("given", "hosts"),
    [({}, "127.0.0.1"), ({"NO_PROXY": "a.example.org"}, "a.example.org,127.0.0.1"), ({"no_proxy": "*"}, "*")],
)
def test_what_is_on_this_machine_is_asked_without_a_proxy(given: dict[str, str], hosts: str) -> None:
    environ = stack.environment_of({"HTTP_PROXY": "p", **given}, Path("/s"))
    assert (environ["no_proxy"], environ["NO_PROXY"]) == (hosts, hosts)
