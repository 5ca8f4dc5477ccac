import hashlib
from pathlib import Path

import pytest

from headcount.errors import HeadcountError
from headcount.up import jars
from headcount.up.jars import Jar

TEXT = b"a jar"


def jar_of(content: bytes) -> Jar:
    return Jar("org.example:thing:1.0", hashlib.sha256(content).hexdigest())


def test_the_lock_has_the_broker_its_clients_and_its_log_in_step() -> None:
    versions = dict(jar.coordinates.rsplit(":", 1) for jar in jars.locked_jars())
    kafka = {name: version for name, version in versions.items() if name.startswith("org.apache.kafka:")}
    assert set(kafka.values()) == {versions["org.apache.kafka:kafka_2.13"]}
    assert "org.apache.kafka:kafka-clients" in kafka
    log4j = "org.apache.logging.log4j:log4j"
    assert versions[f"{log4j}-slf4j-impl"] == versions[f"{log4j}-core"]


def test_every_locked_jar_has_a_whole_sum_and_a_name_of_its_own() -> None:
    locked = jars.locked_jars()
    assert all(len(jar.sha256) == 64 and int(jar.sha256, 16) for jar in locked)
    assert len({jar.file_name for jar in locked}) == len(locked)


def test_a_jar_with_the_right_sum_enters_the_cache(tmp_path: Path) -> None:
    (tmp_path / "download").write_bytes(TEXT)
    jar = jar_of(TEXT)
    jars.accept(jar, tmp_path / "download", tmp_path)
    assert (tmp_path / jar.file_name).read_bytes() == TEXT


def test_a_jar_that_was_changed_is_refused_and_never_enters_the_cache(tmp_path: Path) -> None:
    (tmp_path / "download").write_bytes(TEXT + b"!")
    with pytest.raises(HeadcountError, match="is not the file that was locked"):
        jars.accept(jar_of(TEXT), tmp_path / "download", tmp_path)
    assert [path.name for path in tmp_path.glob("*.jar")] == []


def test_an_empty_cache_misses_all_and_a_full_one_none(tmp_path: Path) -> None:
    assert jars.missing_jars(tmp_path) == jars.locked_jars()
    for path in jars.class_path(tmp_path):
        path.touch()
    assert jars.missing_jars(tmp_path) == []
    jars.fetch_jars(tmp_path, tell=pytest.fail)  # asks nobody
