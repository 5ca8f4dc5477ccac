"""Progress: a live line on a terminal, a line a step elsewhere."""

import io

from headcount.demo.progress import Progress


def test_elsewhere_each_step_is_a_line_without_escape_codes() -> None:
    now = iter((10.0, 12.5))
    stream = io.StringIO()
    with Progress(stream, is_live=False, clock=lambda: next(now)) as progress, progress.step("baking", done="baked"):
        pass
    assert stream.getvalue() == "  baking …\n  ✓ baked  2.5 s\n"


def test_a_step_that_fails_is_not_said_to_be_done() -> None:
    stream = io.StringIO()
    progress = Progress(stream, is_live=False)
    try:
        with progress.step("baking", done="baked"):
            raise KeyError
    except KeyError:
        pass
    assert "baked" not in stream.getvalue()
    assert progress.live_line(0) == ""


def test_the_live_line_shows_all_steps_and_fits() -> None:
    progress = Progress(io.StringIO(), is_live=False, columns=40, clock=lambda: 3.0)
    with progress.step("baking"), progress.step("washing up"):
        line = progress.live_line(0)
        assert "baking · washing up" in line
        with progress.step("a third thing that takes its time"):
            assert len(progress.live_line(0)) < 40


def test_on_a_terminal_the_line_is_cleared_at_the_end() -> None:
    stream = io.StringIO()
    with Progress(stream, is_live=True) as progress, progress.step("baking", done="baked"):
        pass
    assert stream.getvalue().endswith("\x1b[2K")
    assert "✓ baked" in stream.getvalue()
