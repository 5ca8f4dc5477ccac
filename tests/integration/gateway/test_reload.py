"""DL3: the manifest changes under load; a broken one changes nothing."""

import os
import signal
from pathlib import Path

from headcount.settings import KafkaSettings
from tests.integration.gateway.load import Load
from tests.integration.gateway.serving import MANIFEST, Server, gateway, get, read_answer, tally, wait_for_events
from tests.kafka_topics import eventually


def location(server: Server) -> bytes:
    with server.connect() as connection:
        connection.sendall(get("/tool/1.0/t.zip", "Connection: close"))
        return read_answer(connection).partition(b"ocation: ")[2].partition(b"\r\n")[0]


def write(file: Path, text: str, number: int) -> None:
    """Half the times as an editor saves, half the times as a script overwrites."""
    if number % 2:
        new = file.with_suffix(".new")
        new.write_text(text)
        new.replace(file)
    else:
        file.write_text(text)


def swap_twenty_times(server: Server, file: Path) -> Load:
    with Load(server.port, 8) as load:
        for number in range(20):
            host = f"mirror-{number}.example.org"
            write(file, MANIFEST % host, number)
            if number % 3 == 0:
                server.process.process.send_signal(signal.SIGHUP)
            wanted = f"https://{host}/".encode()

            def all_have_it(wanted: bytes = wanted) -> bool:
                return all(client.locations[-1].startswith(wanted) for client in load.clients)

            assert eventually(all_have_it, is_right=bool)
        load.more(80)
    return load


def test_DL3_twenty_reloads_under_load_fail_no_request(raw: KafkaSettings, tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    with gateway(raw, folder, "--host", "127.0.0.1") as server:
        load = swap_twenty_times(server, folder / "gateway.toml")
        assert load.broken == []
        assert {status for client in load.clients for status in client.statuses} == {b"302"}
        for client in load.clients:
            hosts = [each.split(b"/")[2] for each in client.locations]
            assert hosts == sorted(hosts, key=_number), "never back to one that was replaced"
        seen = wait_for_events(raw, load.total)
    assert {event["file"] for event in seen} == set(load.answered)
    assert len(seen) == load.total


def _number(host: bytes) -> int:
    return -1 if host == b"dl.example.org" else int(host.partition(b".")[0].partition(b"-")[2])


def test_DL3_a_broken_manifest_changes_nothing_and_says_what_is_wrong(raw: KafkaSettings, tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    with gateway(raw, folder) as server:
        file = folder / "gateway.toml"
        before = location(server)
        assert server.metric("headcount_gateway_broken") == 0
        file.write_text((MANIFEST % "new.example.org").replace("target =", "taget ="))
        (line,) = server.process.said("the manifest is broken")
        assert line["level"] == "error"
        assert "gateway.toml:" in line["where"]
        assert "taget" in line["what"] + line["where"]
        assert line["do"]
        assert location(server) == before
        assert server.metric("headcount_gateway_broken") == 1
        file.unlink()
        eventually(lambda: len(server.process.said("the manifest is broken")), is_right=lambda lines: lines == 2)
        assert location(server) == before
        file.write_text(MANIFEST % "new.example.org")
        found = eventually(lambda: location(server), is_right=lambda found: b"new.example.org" in found)
        assert found.startswith(b"https://new.example.org/")
        assert server.metric("headcount_gateway_broken") == 0


def test_DL3_all_workers_take_the_new_manifest(raw: KafkaSettings, tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    with gateway(raw, folder, "--workers", "2") as server:
        assert server.process.ready() == "ok\n"
        (folder / "gateway.toml").write_text(MANIFEST % "new.example.org")
        os.kill(server.process.process.pid, signal.SIGHUP)

        def loaded() -> int:
            return sum("is loaded anew" in line["event"] for line in server.process.lines())

        assert eventually(loaded, is_right=lambda count: count >= 2) >= 2
        assert {location(server) for _ in range(20)} == {b"https://new.example.org/1.0/t.zip"}
    assert tally(wait_for_events(raw, 20), "status") == {(302,): 20}


def test_DL3_a_worker_that_dies_while_the_manifest_is_broken_comes_back_with_the_old(
    raw: KafkaSettings, tmp_path: Path
) -> None:
    folder = tmp_path / "gateway"
    with gateway(raw, folder, "--workers", "2") as server:
        assert server.process.ready() == "ok\n"
        before = location(server)
        (folder / "gateway.toml").write_text("broken")
        server.process.said("the manifest is broken")
        for line in server.process.said("a worker starts"):
            os.kill(line["pid"], signal.SIGKILL)
        eventually(lambda: len(server.process.said("a worker starts")), is_right=lambda count: count == 4)
        assert eventually(server.process.readyz, is_right=lambda answer: answer == "ok\n") == "ok\n"
        assert {location(server) for _ in range(10)} == {before}
        assert server.metric("headcount_gateway_broken") == 2
