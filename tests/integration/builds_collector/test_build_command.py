"""I3, I5, B8, B10, B11, B28, B31: the wrapper leaves a build as it is, whatever becomes of its event."""

# a test is named for its row of builds.md

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.builds_collector.wrapper import NAMED, Wrapper

NOISY = (
    sys.executable,
    "-c",
    "import os\nfor n in range(50):\n os.write(1, bytes(range(256)))\n os.write(2, b'\\xff\\x00 err\\n' * n)\nos._exit(7)",
)


def lines_of_ours(stderr: bytes) -> list[bytes]:
    return [line for line in stderr.splitlines() if line.startswith(b"headcount: ")]


def test_B31_I3_output_is_byte_for_byte_the_same_but_for_one_line(wrapper: Wrapper) -> None:
    alone = subprocess.run(NOISY, capture_output=True, check=False)
    done = wrapper.run(command=NOISY)
    assert done.returncode == alone.returncode == 7
    assert done.stdout == alone.stdout
    assert done.stderr.startswith(alone.stderr)
    rest = done.stderr.removeprefix(alone.stderr)
    assert rest.count(b"\n") == 1
    assert rest.startswith(b"headcount: no Kafka is named")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"HEADCOUNT_NONSENSE": "1"}, b"HEADCOUNT_NONSENSE"),
        ({"HEADCOUNT_KAFKA": "nowhere"}, b"HEADCOUNT_KAFKA"),
        ({"HEADCOUNT_CONFIG": "/nowhere.toml"}, b"/nowhere.toml"),
        ({"HEADCOUNT_KAFKA": "127.0.0.1:1"}, b"127.0.0.1:1"),
        ({"HEADCOUNT_KAFKA": "127.0.0.1:1", "HEADCOUNT_SPOOL_DIR": "/proc/nowhere"}, b"the event is lost"),
    ],
)
def test_I3_broken_settings_or_no_kafka_are_one_line(wrapper: Wrapper, environ: dict[str, str], said: bytes) -> None:
    begun = time.monotonic()
    done = wrapper.run(command=("sh", "-c", "echo out; echo err >&2; exit 3"), **environ)
    assert time.monotonic() - begun < 60
    assert done.returncode == 3
    assert done.stdout == b"out\n"
    err, line = done.stderr.splitlines()
    assert err == b"err"
    assert line.startswith(b"headcount: ")
    assert said in line


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("true",), 0),
        (("sh", "-c", "exit 3"), 3),
        (("sh", "-c", "exit 255"), 255),
        (("sh", "-c", "kill -9 $$"), 137),
        (("no-such-command-here",), 127),
        (("/etc",), 126),
        (("",), 127),
        (("./script", "5"), 5),
    ],
)
def test_I3_the_exit_code_is_the_commands(wrapper: Wrapper, command: tuple[str, ...], code: int) -> None:
    wrapper.write("script", "echo no first line for the kernel\nexit $1\n").chmod(0o755)
    done = wrapper.run("--dry-run", "--json", command=command)
    assert done.returncode == code
    build = json.loads(done.stdout)["build"]
    assert build["success"] is (code == 0)
    assert build["status"] == "normal"
    assert build["failure"] == (None if code == 0 else {"stage": "build", "error": f"exit:{code}"})


def test_B8_a_failed_build_has_its_packages(wrapper: Wrapper) -> None:
    event = wrapper.event(command=("sh", "-c", "exit 1"), real=True)
    assert "jinja2" in [row["name"] for row in event["packages"]["pip"]["all"]]


def test_I3_with_dry_run_stdout_is_the_event_alone(wrapper: Wrapper) -> None:
    for options in (["--dry-run"], ["--dry-run", "--json"]):
        done = wrapper.run(*options, command=("sh", "-c", "echo out; echo err >&2"))
        assert json.loads(done.stdout)["kind"] == "build_finished"
        assert sorted(done.stderr.splitlines()) == [b"err", b"out"]
    assert not (Path(wrapper.environ["HEADCOUNT_SPOOL_DIR"])).exists()


def test_I3_a_file_that_is_no_program_is_126(wrapper: Wrapper) -> None:
    wrapper.write("script", "exit 0\n")
    assert wrapper.run("--dry-run", command=("./script",)).returncode == 126


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--dry-run", "--json")])
def test_I3_a_closed_stdout_changes_no_exit_code(wrapper: Wrapper, options: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    argv = wrapper.argv(*NAMED, *options, command=("sh", "-c", "echo out; exit 7"))
    done = subprocess.run(
        argv, stdout=writing, stderr=subprocess.PIPE, cwd=wrapper.checkout, env=wrapper.environ, check=False
    )
    os.close(writing)
    # The command itself is ended by SIGPIPE where it writes to that pipe.
    assert done.returncode == (7 if options else 128 + signal.SIGPIPE)
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


def test_I3_output_of_any_size_and_children_that_keep_the_pipe(wrapper: Wrapper) -> None:
    done = wrapper.run(command=("sh", "-c", "head -c 30000000 /dev/zero; exit 3"))
    assert (done.returncode, len(done.stdout)) == (3, 30_000_000)
    argv = wrapper.argv(*NAMED, command=("sh", "-c", "sleep 999 & echo $!"))
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=wrapper.checkout, env=wrapper.environ
    ) as process:
        assert process.stdout is not None
        sleeper = int(process.stdout.readline())
        try:
            assert process.wait(60) == 0
            os.kill(sleeper, 0)  # it is still there, as it would be without us
        finally:
            os.kill(sleeper, signal.SIGKILL)


def test_I3_stdin_is_the_commands(wrapper: Wrapper) -> None:
    argv = wrapper.argv(*NAMED, command=("cat",))
    done = subprocess.run(
        argv, input=b"in\x00put", capture_output=True, cwd=wrapper.checkout, env=wrapper.environ, check=True
    )
    assert done.stdout == b"in\x00put"


def test_I3_a_terminal_stays_one(wrapper: Wrapper) -> None:
    code = "import os, sys; print('ttys', [os.isatty(n) for n in range(3)], os.tcgetpgrp(0) == os.getpgrp())"
    screen, _ = wrapper.in_terminal((sys.executable, "-c", code))
    assert b"ttys [True, True, True] True" in screen


def test_I3_words_of_ours_are_refused_with_2_and_the_commands_pass(wrapper: Wrapper) -> None:
    assert wrapper.run("--nonsense", command=("true",)).returncode == 2
    assert wrapper.run(command=(), named=True).returncode == 2
    done = wrapper.run(named=False, command=("true",))
    assert done.returncode == 2
    assert b"--project" in done.stderr
    event = wrapper.event(command=("sh", "-c", "exit 0", "--project", "other", "--", "-x"))
    assert event["project"]["slug"] == "kiln"


def test_B11_B10_the_config_and_its_merge(wrapper: Wrapper) -> None:
    event = wrapper.event()
    assert event["config"]["user"] is None
    assert event["collectors"]["config_user"]["status"] == "empty"
    every_key = {
        "version",
        "formats",
        "python",
        "conda",
        "mkdocs",
        "sphinx",
        "doctype",
        "build",
        "submodules",
        "search",
    }
    assert set(event["config"]["final"]) == every_key
    text = "version: 2\nbuild:\n  os: ubuntu-24.04\n  tools: {python: '3.12'}\nsphinx: {configuration: docs/conf.py}\n"
    wrapper.write(".readthedocs.yaml", text)
    event = wrapper.event()
    assert event["config"]["user"] == {
        "version": 2,
        "build": {"os": "ubuntu-24.04", "tools": {"python": "3.12"}},
        "sphinx": {"configuration": "docs/conf.py"},
    }
    final = event["config"]["final"]
    assert set(final) == every_key
    assert final["sphinx"] == {"builder": "html", "configuration": "docs/conf.py", "fail_on_warning": False}
    assert final["build"]["tools"]["python"] == {"version": "3.12", "full_version": None}
    assert final["doctype"] == "sphinx"
    assert event["image"]["os"] == "ubuntu-24.04"
    # Named and not there; not parsed; parsed and invalid. The command runs in all of these.
    assert wrapper.event("--config", "gone.yaml")["collectors"]["config_user"]["status"] == "missing"
    wrapper.write("bad.yaml", "a: [")
    event = wrapper.event("--config", "bad.yaml")
    assert event["config"] == {"user": None, "final": None}
    assert event["collectors"]["config_user"]["error"] == "unparseable"
    wrapper.write("list.yaml", "- a\n")
    event = wrapper.event("--config", "list.yaml")
    assert event["config"]["user"] == ["a"]
    assert event["config"]["final"] is None
    assert event["collectors"]["config_final"]["error"] == "config_invalid"
    assert event["build"]["success"] is True


def test_I5_github_actions_gives_what_no_option_says(wrapper: Wrapper) -> None:
    environ = {
        "GITHUB_REPOSITORY": "pottery/kiln",
        "GITHUB_REF_NAME": "main",
        "GITHUB_REF_TYPE": "branch",
        "GITHUB_RUN_ID": "123",
        "GITHUB_RUN_ATTEMPT": "2",
        "GITHUB_SHA": "5d1c0ffe",
    }
    event = wrapper.event(named=False, **environ)
    assert event["organization"] == {"id": "pottery", "slug": "pottery"}
    assert event["project"]["id"] == "pottery/kiln"
    assert event["version"] == {"id": "main", "slug": "main", "kind": "branch", "default": False}
    assert (event["build"]["id"], event["build"]["attempt"], event["build"]["commit"]) == ("123", 2, "5d1c0ffe")
    event = wrapper.event("--build-id", "123-3.12", "--commit", "ab", **environ)
    assert (event["project"]["id"], event["version"]["id"], event["build"]["id"]) == ("kiln", "latest", "123-3.12")
    pull = environ | {"GITHUB_REF_NAME": "7/merge", "GITHUB_REF": "refs/pull/7/merge"}
    assert wrapper.event(named=False, **pull)["version"]["kind"] == "external"


def test_I3_a_build_that_removes_its_own_folder_keeps_its_exit_code(wrapper: Wrapper) -> None:
    done = wrapper.run(command=("sh", "-c", 'rm -r "$PWD"; exit 5'))
    assert done.returncode == 5
    assert done.stderr.count(b"\n") == 1


def test_secrets_of_the_environment_are_masked(wrapper: Wrapper) -> None:
    wrapper.write(".readthedocs.yaml", "build: {commands: ['curl -H t0ken-in-the-file x']}\n")
    event = wrapper.event(UPLOAD_TOKEN="t0ken-in-the-file")
    assert "t0ken" not in json.dumps(event)
