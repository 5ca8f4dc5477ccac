"""C1-C8, B15, B20, B30, B46, I4 on real tools: pip, uv, dpkg, lsb_release, virtual environments, processes, files."""

# a test is named for its row of builds.md

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from producers.builds import BuildTelemetry, Ref
from producers.builds.asking import Asker
from producers.builds.delivery import Outbox
from producers.builds.errors import CollectorError
from producers.builds.interpreter import find_interpreter
from producers.builds.local import LocalReader, LocalRunner, read_regular
from tests.integration.builds_collector.wrapper import Wrapper


def collect(python: Path | str, environ: dict[str, str] | None = None, **given: Any) -> dict[str, Any]:
    outbox = Outbox()
    runner = LocalRunner(os.environ if environ is None else environ)
    host = BuildTelemetry(outbox, project=Ref(1), runner=runner, python=str(python), **given)
    host.config(user=None, final=given.get("final") or {})
    host.collect()
    host.finish(success=True)
    assert outbox.record is not None
    return outbox.record


def names(record: dict[str, Any], scope: str) -> set[str]:
    return {row["name"] for row in record["packages"]["pip"][scope]}


def test_C3_C4_B15_what_pip_lists_of_a_real_environment(venv: Path) -> None:
    record = collect(venv / "bin/python")
    listed = json.loads(subprocess.check_output([venv / "bin/pip", "list", "--format", "json"]))
    assert len(record["packages"]["pip"]["all"]) == len(listed)
    assert names(record, "all") == {"pip", "setuptools", "jinja2", "markupsafe", "zope-event", "iniconfig"}
    assert names(record, "root") >= {"jinja2", "iniconfig"}
    assert "markupsafe" not in names(record, "root")


def test_C3_C4_an_environment_without_pip_has_a_list_and_no_roots(uv_venv: Path) -> None:
    record = collect(uv_venv / "bin/python")
    assert names(record, "all") == {"jinja2", "markupsafe"}
    assert record["collectors"]["pip_root"]["status"] == "missing"


def test_B15_system_site_packages_are_out(uv_system_venv: Path) -> None:
    record = collect(uv_system_venv / "bin/python")
    assert names(record, "all") == {"jinja2", "markupsafe"}
    assert names(record, "root") == {"jinja2"}


def test_C3_a_checkout_with_a_pip_of_its_own_shadows_nothing(venv: Path, wrapper: Wrapper) -> None:
    wrapper.write("pip.py", "raise SystemExit('shadow')")
    wrapper.write("pip/__init__.py", "raise SystemExit('shadow')")
    assert "jinja2" in {row["name"] for row in wrapper.event(real=True)["packages"]["pip"]["all"]}


def test_C1_C2_this_machine(venv: Path) -> None:
    record = collect(venv / "bin/python")
    said = subprocess.check_output([venv / "bin/python", "--version"], text=True).split()[1]
    assert record["python"] == {"version": said, "implementation": "CPython", "implementation_version": None}
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    assert record["os"]["id"] == release["ID"].strip('"')
    assert record["os"]["name"]


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="no dpkg here")
def test_C6_B20_every_installed_package_of_this_machine(venv: Path) -> None:
    installed = [
        line.split("\t")[:2]
        for line in subprocess.check_output(
            ["dpkg-query", "-W", "-f", "${Package}\t${Version}\t${db:Status-Status}\n"], text=True
        ).splitlines()
        if line.endswith("\tinstalled")
    ]
    found = [[row["name"], row["version"]] for row in collect(venv / "bin/python")["packages"]["apt"]["all"]]
    assert found == [list(row) for row in dict.fromkeys(map(tuple, installed))]


def alive(mark: str) -> list[str]:
    """Processes of this machine whose command line holds a mark."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if entry.name.isdigit() and mark in line and int(entry.name) != os.getpid():
            found.append(line)
    return found


def test_B30_a_timeout_kills_the_whole_process_group() -> None:
    mark = f"999.{os.getpid()}"
    begun = time.monotonic()
    result = LocalRunner(os.environ)(["sh", "-c", f"sleep {mark} & sleep {mark}"], timeout=0.5, max_bytes=100)
    assert result.timed_out
    assert time.monotonic() - begun < 3
    deadline = time.monotonic() + 5
    while alive(mark):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    "script",
    [
        "yes",
        "yes >&2 & sleep 0.2; echo done",
        "sleep 999.5 & echo done",
        "exec 1>&- 2>&-; sleep 999.5",
        "cat /dev/zero | head -c 100000000",
        "trap '' TERM INT HUP; sleep 999.5",
    ],
)
def test_B30_a_runner_never_blocks_and_never_fills_memory(script: str) -> None:
    begun = time.monotonic()
    result = LocalRunner(os.environ)(["sh", "-c", script], timeout=1.5, max_bytes=1000)
    assert time.monotonic() - begun < 4
    assert len(result.stdout) <= 1000
    assert len(result.stderr) <= 64 * 1024


def test_B30_sleep_as_pip_is_a_timeout_and_the_whole_is_bounded(tmp_path: Path) -> None:
    mark = f"998.{os.getpid()}"
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.1 && exit 0\nexec sleep {mark}\n')
    python.chmod(0o755)
    outbox = Outbox()
    host = BuildTelemetry(outbox, project=Ref(1), runner=LocalRunner(os.environ), python=str(python), threadsafe=True)
    begun = time.monotonic()
    host.collect(total_seconds=4)
    assert time.monotonic() - begun < 5
    host.finish()
    assert outbox.record is not None
    results = outbox.record["collectors"]
    assert (results["python"]["status"], results["pip_all"]["status"]) == ("ok", "timeout")
    deadline = time.monotonic() + 10
    while alive(mark):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_local_runner_has_the_builds_environment_and_ours_in_the_root(tmp_path: Path) -> None:
    runner = LocalRunner({"PATH": os.environ["PATH"], "BUILD": "1", "LC_ALL": "x"})
    result = runner(["sh", "-c", "echo $BUILD $LC_ALL $NO_COLOR $PYTHONWARNINGS $PWD; cat"], timeout=5, max_bytes=1000)
    assert result.stdout == b"1 C.UTF-8 1 ignore /\n"
    assert runner(["no-such-command"], timeout=5, max_bytes=10).exit_code == 127


def by_function(path: Path, root: Path) -> bytes:
    return read_regular(str(path), str(root), 1024 * 1024)


def by_container(path: Path, root: Path) -> bytes:
    ask = Asker(
        LocalRunner(os.environ),
        None,
        python=sys.executable,
        roots=[str(root)],
        deadline=time.monotonic() + 60,
        clock=time.monotonic,
    )
    return ask.read(str(path.relative_to(root)))


@pytest.mark.parametrize("read", [by_function, by_container])
def test_B46_files_of_the_user_are_read_safely(tmp_path: Path, read: Callable[[Path, Path], bytes]) -> None:
    root, outside = tmp_path / "checkout", tmp_path / "outside.txt"
    (root / "docs").mkdir(parents=True)
    outside.write_text("secret")
    (root / "plain").write_bytes(b"\x00\xffplain\n")
    (root / "inside").symlink_to("docs/../plain")
    (root / "out").symlink_to(outside)
    (root / "folder").symlink_to(tmp_path)
    (root / "device").symlink_to("/dev/zero")
    (root / "loop").symlink_to("loop")
    (root / "big").write_bytes(b"x" * (1024 * 1024 + 1))
    (root / "full").write_bytes(b"x" * 1024 * 1024)
    os.mkfifo(root / "fifo")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(root / "socket"))
    assert read(root / "plain", root) == b"\x00\xffplain\n"
    assert read(root / "inside", root) == b"\x00\xffplain\n"
    assert len(read(root / "full", root)) == 1024 * 1024
    expected = {
        "gone": ("missing", None),
        "plain/x": ("missing", None),
        "out": ("error", "unsafe"),
        "folder/outside.txt": ("error", "unsafe"),
        "device": ("error", "unsafe"),
        "docs": ("error", "unsafe"),
        "fifo": ("error", "unsafe"),
        "socket": ("error", "unsafe"),
        "big": ("error", "too_large"),
    }
    for name, (status, error) in expected.items():
        with pytest.raises(CollectorError) as caught:
            read(root / name, root)
        assert (name, caught.value.status, caught.value.error) == (name, status, error)
    with pytest.raises(CollectorError):
        read(root / "loop", root)
    listener.close()


def test_B46_a_file_swapped_for_a_link_while_it_is_read_gives_nothing_from_outside(tmp_path: Path) -> None:
    root, secret = tmp_path / "checkout", tmp_path / "secret"
    root.mkdir()
    secret.write_text("secret")
    (root / "plain").write_text("plain")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for target in (secret, root / "plain"):
                link = root / "next"
                link.symlink_to(target)
                link.rename(root / "f")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(2000):
            try:
                assert read_regular(str(root / "f"), str(root), 100) == b"plain"
            except CollectorError:
                continue
    finally:
        stop.set()
        thread.join()


def test_B46_a_link_in_the_checkout_is_an_error_in_the_event(wrapper: Wrapper, tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text("extensions = ['stolen']\n")
    (wrapper.checkout / "docs").mkdir()
    (wrapper.checkout / "docs/conf.py").symlink_to(tmp_path / "conf.py")
    wrapper.write(".readthedocs.yaml", "sphinx: {configuration: docs/conf.py}\n")
    event = wrapper.event()
    assert event["collectors"]["doctool"]["error"] == "unsafe"
    assert "stolen" not in json.dumps(event)


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def environment(folder: Path) -> Path:
    """Something that looks like a virtual environment."""
    return executable(folder / "bin/python", "#!/bin/sh\n")


def test_I4_the_interpreters_in_their_order(tmp_path: Path) -> None:
    given, scripts, active, project, path = (environment(tmp_path / n) for n in ("g", "s", "a", "work/.venv", "p"))
    executable(path.parent / "python3", "#!/bin/sh\n")
    tool = executable(scripts.parent / "sphinx-build", f"#!{scripts}\n")
    uv = executable(tmp_path / "uv/uv", "#!/bin/sh\n")
    work, own = tmp_path / "work", tmp_path / "own"
    environ = {"PATH": str(path.parent), "VIRTUAL_ENV": str(tmp_path / "a")}

    def find(command: list[str], environ: dict[str, str], given: str | None = None) -> str | None:
        return find_interpreter(command, environ, given=given, directory=work, own=own)

    assert find([str(tool)], environ, str(given)) == str(given)
    assert find([str(tool)], environ) == str(scripts)
    assert find([str(uv), "run", "x"], environ) == str(active)
    assert find(["make"], environ) == str(active)
    del environ["VIRTUAL_ENV"]
    assert find([str(uv), "run", "x"], environ) == str(project)
    assert find(["make", "html"], environ) == str(path)
    path.unlink()
    assert find(["make", "html"], environ) == str(path.parent / "python3")
    assert find(["make"], {"PATH": str(tmp_path)}) is None


def test_I4_the_first_line_in_all_its_forms(tmp_path: Path) -> None:
    python = environment(tmp_path / "with blank")
    path = str(python.parent)
    forms = {
        f"#!{python}\n": str(python),
        "#!/usr/bin/env python\n": str(python),
        "#!/usr/bin/env -S python -u\n": str(python),
        f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n": str(python),
        "#! /opt/py/bin/python3.12 -E\n": "/opt/py/bin/python3.12",
        "#!/opt/py/bin/pypy3\n": "/opt/py/bin/pypy3",
    }
    for number, (text, expected) in enumerate(forms.items()):
        tool = executable(tmp_path / f"tools/t{number}", text + "code\n")
        link = tmp_path / f"link{number}"
        link.symlink_to(tool)
        assert find_interpreter([str(link)], {"PATH": path}, directory=tmp_path, own=tmp_path) == expected, text
    assert find_interpreter([str(python), "-m", "sphinx"], {"PATH": ""}, directory=tmp_path) == str(python)
    relative = os.path.relpath(python)
    for command, given in ([relative, "-m", "sphinx"], None), (["true"], relative):
        found = find_interpreter(command, {"PATH": path}, given=given, directory=Path.cwd())
        assert found is not None
        assert Path(found).is_absolute()
        assert Path(found).samefile(python)


def test_I4_never_headcounts_own_where_another_is_found(tmp_path: Path) -> None:
    own, other = environment(tmp_path / "own"), environment(tmp_path / "other")
    path = f"{own.parent}{os.pathsep}{other.parent}"
    environ = {"PATH": path, "VIRTUAL_ENV": str(tmp_path / "own")}
    given = {"directory": tmp_path, "own": tmp_path / "own"}
    assert find_interpreter(["make"], environ, **given) == str(other)  # type: ignore[arg-type]
    assert find_interpreter(["make"], {"PATH": str(own.parent)}, **given) == str(own)  # type: ignore[arg-type]
    # COMMAND itself runs in it; or the doc tool that a shell would run does.
    tool = executable(own.parent / "sphinx-build", f"#!{own}\n")
    assert find_interpreter([str(tool)], {"PATH": path}, **given) == str(own)  # type: ignore[arg-type]
    assert find_interpreter(["make"], environ, **given) == str(own)  # type: ignore[arg-type]


def test_I4_a_real_script_of_a_real_environment(wrapper: Wrapper, venv: Path, uv_venv: Path, tmp_path: Path) -> None:
    script = executable(venv / "bin/build-docs", f"#!{venv / 'bin/python'}\nprint('built')\n")
    event = wrapper.event(command=(str(script),), real=True, VIRTUAL_ENV=str(uv_venv), PATH=os.environ["PATH"])
    assert "zope-event" in names(event, "all")
    event = wrapper.event(command=("true",), real=True, VIRTUAL_ENV=str(uv_venv), PATH=os.environ["PATH"])
    assert names(event, "all") == {"jinja2", "markupsafe"}


def test_B18_conda_is_asked_where_the_interpreter_is_condas(wrapper: Wrapper, tmp_path: Path) -> None:
    prefix = tmp_path / "conda-env"
    (prefix / "conda-meta").mkdir(parents=True)
    python = environment(prefix)
    rows = [{"name": "Python", "channel": "conda-forge", "version": "3.11.8"}]
    script = f"#!/bin/sh\n[ \"$*\" = 'list --json --prefix {prefix}' ] && echo '{json.dumps(rows)}'\n"
    executable(tmp_path / "tools/micromamba", script)
    path = f"{tmp_path / 'tools'}{os.pathsep}{os.environ['PATH']}"
    event = wrapper.event("--python", str(python), PATH=path)
    assert event["packages"]["conda"]["all"] == [{"name": "python", "channel": "conda-forge", "version": "3.11.8"}]
    assert event["python"]["version"] == "3.11.8"


def test_C7_C8_a_checkout_read_through_the_container_alone(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/conf.py").write_text("extensions = ['myst_parser']\nhtml_theme = 'furo'\n")
    (tmp_path / "docs/requirements.txt").write_text("sphinx>=7\n-r ../more.txt\n")
    (tmp_path / "more.txt").write_text("furo\n")
    final = {"sphinx": {}, "python": {"install": [{"requirements": "docs/requirements.txt"}]}}
    outbox = Outbox()
    host = BuildTelemetry(
        outbox, project=Ref(1), runner=LocalRunner(os.environ), python=sys.executable, checkout=str(tmp_path)
    )
    host.config(user={}, final=final)
    host.collect()
    host.finish(success=True)
    assert outbox.record is not None
    assert names(outbox.record, "declared") == {"sphinx", "furo"}
    assert outbox.record["doctool"]["extensions"] == ["myst_parser"]


def test_LocalReader_keeps_to_its_roots(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/f").write_text("x")
    (tmp_path / "b").write_text("x")
    reader = LocalReader(str(tmp_path / "a"))
    assert reader(str(tmp_path / "a/f"), 10) == b"x"
    assert reader("/etc/os-release", 10_000)
    with pytest.raises(CollectorError):
        reader(str(tmp_path / "b"), 10)
