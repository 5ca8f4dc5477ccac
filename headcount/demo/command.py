"""`headcount demo`: words in, answers and a report out, and nothing left running unless it is asked for."""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import click

from headcount.demo import download_answers, run, stack
from headcount.demo.answers import Answers, lines_of
from headcount.demo.children import Children
from headcount.demo.downloads import Downloads, Shop
from headcount.demo.progress import Progress
from headcount.errors import HeadcountError

_BY_SIGNAL: Final = 128


class InterruptedDemoError(BaseException):
    """Ctrl-C, SIGTERM or SIGHUP: no Exception, so that no boundary holds it up."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@click.command()
@click.option("--keep", is_flag=True, help="Leave the stack, the projects and their environments as they are.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False, resolve_path=True),
    default="report.html",
    show_default=True,
    help="Where the report goes.",
)
@click.option("--domain", type=click.Choice(["builds", "downloads"]), help="What is shown; without it, all.")
def demo(keep: bool, report: Path, domain: str | None) -> None:
    """Build two small projects and install packages through the gateway, for real, and see what headcount says of it.

    It starts a stack of its own, installs with pip and uv, builds, answers, writes a report and stops everything.

    Example: headcount demo --keep --report /tmp/report.html
    """
    begun = time.monotonic()
    if domain != "downloads" and not os.access(report.parent, os.W_OK):  # a minute later it would be worse to hear
        raise HeadcountError("the report cannot be written there", where=str(report.parent), do="give --report FILE")
    place = run.Place(Path(tempfile.mkdtemp(prefix="headcount-demo-")))
    environ = stack.environment_of(os.environ, place.state)
    children = Children(environ)
    is_kept = False
    try:
        with _interruptible():
            answers, downloads = _play(children, place, report, domain)
            if answers is not None:
                _tell(answers)
            if downloads is not None:
                for line in download_answers.lines_of(downloads):
                    click.echo(line)
            if answers is not None:
                _tell_report(report, time.monotonic() - begun)
            is_kept = keep
    except InterruptedDemoError as interrupt:
        click.echo("\nstopping everything, a moment", err=True)
        _stop(children, environ, place)
        click.echo("stopped; nothing is left running", err=True)
        sys.exit(_BY_SIGNAL + interrupt.number)
    except HeadcountError as error:
        is_named = str(place.root) in f"{error.where} {error.do}"
        _stop(children, environ, place, keep_folder=is_named)
        click.echo(
            "everything is stopped again" + (f"; for a look, {place.root} is kept" if is_named else ""), err=True
        )
        raise
    except BaseException:
        _stop(children, environ, place)
        raise
    if is_kept:
        _tell_kept(place)
        return
    with _deaf():
        _stop(children, environ, place)
    click.echo(
        f"\nEverything is stopped again ({time.monotonic() - begun:.0f} s in all). To look around: headcount demo --keep"
    )


def _play(
    children: Children, place: run.Place, report: Path, domain: str | None
) -> tuple[Answers | None, Downloads | None]:
    """Show the domain, or all; null for what is not shown."""
    columns = shutil.get_terminal_size().columns
    answers, downloads = None, None
    with ExitStack() as opened:
        progress = opened.enter_context(Progress(sys.stderr, is_live=sys.stderr.isatty(), columns=columns))
        shop = None if domain == "builds" else opened.enter_context(closing(Shop(children, progress, place.shop)))

        def first() -> None:
            run.start(children, progress, place, shop)

        progress.say(f"headcount demo: {_SUBJECT[domain]}, and what is known afterwards")
        if domain == "downloads":
            run.in_lanes(children, 1, [first])
        else:
            run.produce(children, progress, place, first=first)
        if shop is not None:
            downloads = run.install(children, shop)
        if domain != "downloads":
            answers = run.ask(children, progress, place, report)
    return answers, downloads


_SUBJECT: Final = {
    None: "two projects, their builds, what is installed through a gateway",
    "builds": "two projects, their builds",
    "downloads": "what is installed through a gateway",
}


def _tell(answers: Answers) -> None:
    for line in lines_of(answers):
        click.echo(line)


def _tell_report(report: Path, seconds: float) -> None:
    click.echo("\nThis is your own install, so k = 1: every figure is shown, also that of a single project.")
    click.echo(
        "What you give to others, you make with `headcount report builds --public`, which hides all under k = 5."
    )
    click.echo(f"\nThe same with charts: {report} ({seconds:.0f} s after the start)")


def _tell_kept(place: run.Place) -> None:
    click.echo(
        "\nThe stack is still up. To look further:\n"
        f"  export HEADCOUNT_STATE_DIR={place.state}\n"
        "  headcount query                     every question there is\n"
        "  headcount query latest_packages     and its answer\n"
        "  headcount status                    the DSN for psql or a BI tool, and the gateway's address\n"
        "To stop it:\n"
        f"  headcount down && rm -r {place.root}"
    )


def _stop(children: Children, environ: dict[str, str], place: run.Place, *, keep_folder: bool = False) -> None:
    with _deaf():
        children.stop()
        if place.state.exists():
            stack.call(Children(environ), "down", "--state-dir", str(place.state))
        if not keep_folder:
            shutil.rmtree(place.root, ignore_errors=True)


_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Turn the first of the signals into an InterruptedDemoError in the main thread, and ignore those after it.

    One that was ignored when we came stays so, but by a handler of ours: a child inherits an ignored signal, and then
    could not be interrupted by us.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, _ignore)
        raise InterruptedDemoError(number)

    for each in _SIGNALS:
        signal.signal(each, _ignore if signal.getsignal(each) is signal.SIG_IGN else interrupt)
    yield


@contextmanager
def _deaf() -> Iterator[None]:
    """Ignore the signals: what is left to do is short, and must be done."""
    for each in _SIGNALS:
        signal.signal(each, _ignore)
    yield


def _ignore(number: int, frame: FrameType | None) -> None:
    pass
