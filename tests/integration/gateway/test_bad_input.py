"""DL7: ten thousand mutated requests, seeded: no 5xx, no crash, and not more memory than before."""

import random
from collections import Counter
from pathlib import Path

import psutil

from headcount.settings import KafkaSettings
from tests.integration.gateway.serving import HOST, Server, get, statuses, wait_for_events

SEEDS = [
    get("/tool/1.0/tool-1.0.tar.gz", "User-Agent: pip/24.0", "Accept: */*", "Connection: close"),
    get("/pixel/docs?x=1&x=2", "Range: bytes=0-", 'If-None-Match: "a", W/"b"', "Connection: close"),
    get("/tool/%2e%2e/%2F%00/..;/x", "X-Forwarded-For: 203.0.113.1, ::1", "DNT: 1", "Connection: close"),
    get("/v2/a/manifests/latest", "Authorization: Basic eDp5", "Docker-Client: x", "Connection: close", method="HEAD"),
    get("/tool/1/x", "Content-Length: 5", "Expect: 100-continue", "Connection: close", method="POST") + b"hello",
    get("/tool/1/x", "Transfer-Encoding: chunked", "Connection: close", method="PUT") + b"3\r\nabc\r\n0\r\n\r\n",
    b"GET http://%s:80/tool/1/x?y HTTP/1.1\r\nHost: %s\r\nUpgrade: h2c\r\nConnection: close\r\n\r\n"
    % ((HOST.encode(),) * 2),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]
ODD = [
    b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"%", b"%00", b"%2e%2e%2f", b"%zz", b"..", b"//", b"?", b"#", b"\\",
    b"\xff", b"\xc3\x28", b"HTTP/1.1", b"HTTP/9.9", b"Host: a\r\n", b"Content-Length: 18446744073709551616\r\n",
    b"Content-Length: -1\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Connection: upgrade\r\n", b"Expect: x\r\n",
    b"Range: bytes=0-99999999999999999999, -1, a-b\r\n", b"x" * 3000, b"X-A: " + b"y" * 3000 + b"\r\n", b"GET ", b"CONNECT ",
    b"http://", b"http://@/", b"[::1]", b"*", "é".encode(), "\u202e".encode(),
]  # fmt: skip
COUNT = 10_000


def mutated(random_: random.Random) -> bytes:
    """One request with one to five changes: bytes that go, come, change, come twice, or a cut."""
    data = bytearray(random_.choice(SEEDS))
    for _ in range(random_.randint(1, 5)):
        at = random_.randrange(len(data) + 1)
        match random_.randrange(6):
            case 0:
                del data[at : at + random_.randint(1, 20)]
            case 1:
                data[at:at] = random_.choice(ODD)
            case 2:
                data[at:at] = random_.randbytes(random_.randint(1, 8))
            case 3:
                data[at : at + 1] = bytes((random_.randrange(256),))
            case 4:
                data[at:at] = data[at : at + random_.randint(1, 60)]
            case _:
                if random_.random() < 0.2:
                    del data[at:]
    return bytes(data)


def ask(server: Server, sent: bytes) -> bytes:
    """Send, end our side, and give what comes back."""
    with server.connect() as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(1)  # SHUT_WR: what is not whole by now never will be
            data = b""
            while piece := connection.recv(65536):
                data += piece
        except ConnectionError:
            return b""
        return data


def test_DL7_ten_thousand_mutated_requests(raw: KafkaSettings, served: Server, tmp_path: Path) -> None:
    random_ = random.Random(20260824)
    process = psutil.Process(served.process.process.pid)
    seen: Counter[int] = Counter()
    before = 0
    for number in range(COUNT):
        if number == COUNT // 5:
            before = process.memory_info().rss
        sent = mutated(random_)
        found = statuses(ask(served, sent))
        assert all(status < 500 for status in found), sent
        seen.update(found)
    assert process.memory_info().rss - before < 32 << 20
    assert served.process.process.poll() is None
    assert statuses(served.exchange(get("/pixel/docs", "Connection: close"))) == [200]
    assert {302, 200, 404, 405, 400} <= set(seen), seen
    counted = served.metric("headcount_gateway_errors_total")
    assert counted == 0, "a mistake of ours"
    log = (tmp_path / "gateway" / "gateway.log").read_text()
    assert "Traceback" not in log
    events = wait_for_events(raw, int(served.metric("headcount_gateway_requests_total")))
    assert Counter(event["status"] for event in events if event["status"]) <= seen + Counter({200: 1})
