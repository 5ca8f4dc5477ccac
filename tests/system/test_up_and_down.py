"""Starting and stopping: nothing is left running, nothing that was kept is lost, and what is wrong is said in one place."""

import json
import signal
import socket
import subprocess
from collections.abc import Callable

import psutil
import psycopg

from tests.system.conftest import Place, clean_environment

Eventually = Callable[[Callable[[], bool]], None]


def cluster(place: Place) -> str:
    rows = [json.loads(line) for line in place.must("doctor", "--json").splitlines()]
    found: str = next(row["found"] for row in rows if row["check"] == "kafka")
    return found


def owner_of(place: Place) -> str:
    """The owner's DSN: the reader's, with the other name and password."""
    passwords = json.loads((place.state_dir / "secrets.json").read_text())
    dsn: str = place.status()["database"]
    return dsn.replace("headcount_reader", "headcount_owner").replace(
        passwords["headcount_reader"], passwords["headcount_owner"]
    )


def test_a_kill_of_everything_loses_nothing_and_down_leaves_nothing(place: Place, eventually: Eventually) -> None:
    place.must("up", "--detach")
    before, cluster_before = place.status(), cluster(place)
    with psycopg.connect(owner_of(place)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    stack = json.loads((place.state_dir / "stack.json").read_text())
    for pid in (stack["pid"], *(row["pid"] for row in before["processes"].values())):
        psutil.Process(pid).kill()
    eventually(lambda: place.processes() == [])
    assert place.status()["state"] == "stopped"

    place.must("up", "--detach")
    after = place.status()
    assert (after["kafka"], after["database"]) == (before["kafka"], before["database"])
    assert cluster(place) == cluster_before
    with psycopg.connect(owner_of(place)) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (42,)

    assert "is down" in place.must("down")
    assert place.processes() == []
    assert "nothing runs" in place.must("down")
    status = place.status()
    assert (status["state"], status["kafka"], status["database"], status["metrics"]) == ("stopped", None, None, {})


def test_ctrl_c_stops_all_of_it(place: Place, eventually: Eventually) -> None:
    with subprocess.Popen(
        place.command("up"), env=clean_environment(), stdout=subprocess.PIPE, text=True
    ) as foreground:
        assert foreground.stdout is not None
        assert "headcount is up" in foreground.stdout.readline()
        assert len(place.processes()) >= 5
        foreground.send_signal(signal.SIGINT)
        assert foreground.wait(60) == 0
    eventually(lambda: place.processes() == [])


def test_a_stop_in_the_middle_of_the_start_leaves_nothing(place: Place, eventually: Eventually) -> None:
    with subprocess.Popen(place.command("up"), env=clean_environment()) as foreground:
        eventually(lambda: (place.state_dir / "kafka" / "data" / "meta.properties").exists())
        foreground.send_signal(signal.SIGTERM)
        assert foreground.wait(60) == 0
    eventually(lambda: place.processes() == [])


def test_a_killed_supervisor_takes_everything_with_it(place: Place, eventually: Eventually) -> None:
    with subprocess.Popen(
        place.command("up"), env=clean_environment(), stdout=subprocess.PIPE, text=True
    ) as foreground:
        assert foreground.stdout is not None
        foreground.stdout.readline()
        foreground.kill()
    eventually(lambda: place.processes() == [])


def test_a_port_that_is_taken_is_one_clear_error(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for words in (("up",), ("up", "--detach")):
            refused = place.run(*words, "--kafka-port", str(port))
            assert refused.returncode == 1
            assert refused.stderr.splitlines() == [
                f"error: port {port} for Kafka is taken",
                f"  where: 127.0.0.1:{port} (--kafka-port)",
                "  what to do: give another port, or none",
            ]
    assert place.processes() == []


def test_a_setting_that_does_not_exist_is_named(place: Place) -> None:
    refused = place.run("up", "--detach", HEADCOUNT_KAFAK="127.0.0.1:9092")
    assert refused.returncode == 1
    assert "HEADCOUNT_KAFAK" in refused.stderr
    assert place.processes() == []


def test_a_database_that_is_not_there_ends_the_start_and_shows_no_password(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    dsn = f"postgresql://headcount_owner:sesame@127.0.0.1:{port}/headcount"
    refused = place.run("up", "--detach", HEADCOUNT_DATABASE=dsn, HEADCOUNT_DATABASE_SINK=dsn)
    assert refused.returncode == 1
    assert f"127.0.0.1:{port}" in refused.stderr
    assert "what to do:" in refused.stderr
    assert "sesame" not in refused.stderr + place.logs()
    assert place.processes() == []


def test_a_folder_that_may_not_be_written_is_one_clear_error(place: Place) -> None:
    place.state_dir.parent.joinpath("file").write_text("")
    refused = Place(place.state_dir.parent / "file" / "state").run("up")
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 3
    assert str(place.state_dir.parent / "file") in refused.stderr


def test_wrong_words_are_told_from_failures(place: Place) -> None:
    assert place.run("up", "--kafka-port", "many").returncode == 2


def test_help_needs_no_state(place: Place) -> None:
    for command in ("up", "down", "status", "doctor"):
        assert "Example: headcount" in place.must(command, "--help")
    assert not place.state_dir.exists()


def test_a_status_before_the_first_up_makes_nothing(place: Place) -> None:
    assert place.status()["state"] == "stopped"
    assert "nothing runs" in place.must("down")
    assert not place.state_dir.exists()
