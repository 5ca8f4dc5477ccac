"""`headcount demo`: words in, answers and a report out, and nothing left running unless it is asked for."""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import click

from headcount.demo import run, stack
from headcount.demo.answers import Answers, lines_of
from headcount.demo.children import Children
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
@click.option("--domain", type=click.Choice(["builds"]), default="builds", show_default=True, help="What is shown.")
def demo(keep: bool, report: Path, domain: str) -> None:
    """Build two small documentation projects for real, and see what headcount says about their builds.

    It starts a stack of its own, installs with pip, builds, answers, writes a report and stops everything.

    Example: headcount demo --keep --report /tmp/report.html
    """
    begun = time.monotonic()
    if not os.access(report.parent, os.W_OK):  # a minute later it would be worse to hear
        raise HeadcountError("the report cannot be written there", where=str(report.parent), do="give --report FILE")
    place = run.Place(Path(tempfile.mkdtemp(prefix="headcount-demo-")))
    environ = stack.environment_of(os.environ, place.state)
    children = Children(environ)
    is_kept = False
    try:
        with _interruptible():
            columns = shutil.get_terminal_size().columns
            with Progress(sys.stderr, is_live=sys.stderr.isatty(), columns=columns) as progress:
                progress.say("headcount demo: two projects, their builds, and what is known afterwards")
                run.produce(children, progress, place)
                answers = run.ask(children, progress, place, report)
            _tell(answers, report, time.monotonic() - begun)
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


def _tell(answers: Answers, report: Path, seconds: float) -> None:
    for line in lines_of(answers):
        click.echo(line)
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
        "  headcount status                    the DSN for psql or a BI tool\n"
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
