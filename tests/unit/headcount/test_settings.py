"""Settings: nothing wrong gets through unseen, and no secret is shown, whatever goes wrong."""

import logging
import traceback
from pathlib import Path

import pytest

from headcount.errors import SettingError
from headcount.settings import SETTINGS, Secret, load, need_kafka, variable

SECRET = "hunter2-and-more"
WRONG = {
    "kafka": "kafka.example.net",
    "kafka_security_protocol": "ssl",
    "kafka_sasl_mechanism": "GSSAPI",
    "kafka_replication_factor": "0",
    "database": f"mysql://headcount:{SECRET}@db/headcount",
    "database_sink": SECRET,
    "database_reader": SECRET,
    "spool_bytes": "1000",
    "builds_days": "0",
    "weeks_days": "6",
    "ledger_days": "for ever",
    "gateway_trusted_proxies": "192.0.2.0/24,proxy.example.org",
    "metrics_port": "65536",
    "restarts": "-1",
    "log_level": "verbose",
    "gateway_port": "http",
}
ANY_TEXT = {
    "config", "state_dir", "kafka_sasl_username", "kafka_sasl_password", "kafka_ssl_ca_location",
    "kafka_ssl_certificate_location", "kafka_ssl_key_location", "kafka_ssl_key_password", "kafka_topic_prefix",
    "spool_dir", "archive_dir", "gateway_hosts", "gateway_manifest", "metrics_host", "public_names",
}  # fmt: skip
"""Settings that take any text or path."""


def refused(environ: dict[str, str]) -> SettingError:
    with pytest.raises(SettingError) as raised:
        load(environ)
    return raised.value


def test_nothing_given_is_a_whole_set_of_settings() -> None:
    settings = load({"PATH": "/bin", "KAFKA": "x"})
    assert settings.kafka is None
    assert settings.process.metrics_host == "127.0.0.1"
    assert settings.spool.folder == settings.process.state_dir / "spool"
    assert settings.spool.max_bytes == 256 * 1024 * 1024


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    error = refused({"HEADCOUNT_KAFKAA": "kafka:9092"})
    assert error.where == "HEADCOUNT_KAFKAA"
    assert all(variable(name) in error.do for name in SETTINGS)


def test_every_setting_is_either_tried_with_a_wrong_value_or_takes_any_text() -> None:
    assert set(WRONG) | ANY_TEXT == set(SETTINGS)
    assert not set(WRONG) & ANY_TEXT


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_a_bad_value_is_named_with_what_is_allowed(name: str, value: str) -> None:
    error = refused({variable(name): value})
    assert error.where == variable(name)
    assert SETTINGS[name].allowed in error.do
    assert (repr(value) in error.what) is not SETTINGS[name].secret


@pytest.mark.parametrize("value", [":9092", "kafka:", "kafka:0", "kafka:99999", "a:1,,b:2", "kafka:port", " "])
def test_addresses_of_kafka_that_are_none(value: str) -> None:
    assert "host:port" in refused({"HEADCOUNT_KAFKA": value}).do


def test_every_setting_with_a_password_in_it_is_secret() -> None:
    named = {name for name in SETTINGS if "password" in name or name.startswith("database")}
    assert named == {name for name, setting in SETTINGS.items() if setting.secret}


@pytest.mark.parametrize("name", [name for name in WRONG if SETTINGS[name].secret])
def test_no_secret_is_in_an_error_nor_in_its_traceback(name: str) -> None:
    error = refused({variable(name): WRONG[name]})
    assert SECRET not in str(error)
    assert SECRET not in "".join(traceback.format_exception(error))


def test_no_secret_is_in_a_repr_or_a_log_line() -> None:
    settings = load(
        {
            "HEADCOUNT_KAFKA": "kafka:9092",
            "HEADCOUNT_KAFKA_SASL_PASSWORD": SECRET,
            "HEADCOUNT_KAFKA_SSL_KEY_PASSWORD": SECRET,
            **{variable(f"database{role}"): f"postgresql://u:{SECRET}@db/h" for role in ("", "_sink", "_reader")},
        }
    )
    line = logging.getLogger().makeRecord("x", 20, "f", 1, "settings %r %s", (settings, settings), None).getMessage()
    assert SECRET not in repr(settings) + str(settings) + line
    # And yet they are there.
    assert settings.kafka is not None
    assert settings.kafka.security["sasl.password"] == SECRET
    assert settings.database.sink == Secret(f"postgresql://u:{SECRET}@db/h")


def test_security_settings_have_librdkafkas_names() -> None:
    kafka = load(
        {
            "HEADCOUNT_KAFKA": "a:1,b:2",
            "HEADCOUNT_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "HEADCOUNT_KAFKA_SSL_CA_LOCATION": "/etc/ca.pem",
            "HEADCOUNT_KAFKA_REPLICATION_FACTOR": "3",
            "HEADCOUNT_KAFKA_TOPIC_PREFIX": "acme.",
        }
    ).kafka
    assert kafka is not None
    assert kafka.security == {"security.protocol": "SASL_SSL", "ssl.ca.location": "/etc/ca.pem"}
    assert (kafka.bootstrap, kafka.replication_factor, kafka.topic_prefix) == ("a:1,b:2", 3, "acme.")


def configured(tmp_path: Path, text: str, **environ: str) -> dict[str, str]:
    file = tmp_path / "headcount.toml"
    file.write_text(text)
    return {"HEADCOUNT_CONFIG": str(file), **environ}


def test_a_file_has_the_same_names_and_a_variable_wins(tmp_path: Path) -> None:
    text = 'kafka = "file:1"\nmetrics_port = 9100\nlog_level = "debug"\npublic_names = ["Acme-Theme", "acme*"]\n'
    settings = load(configured(tmp_path, text, HEADCOUNT_KAFKA="variable:2", HEADCOUNT_LOG_LEVEL=""))
    assert settings.kafka is not None
    assert settings.kafka.bootstrap == "variable:2"
    assert settings.process.metrics_port == 9100
    assert settings.process.log_level == "debug", "an empty variable is none"
    assert settings.public_names == ("acme-theme", "acme*")


def test_names_as_text_and_as_a_list_are_the_same(tmp_path: Path) -> None:
    listed = load(configured(tmp_path, 'public_names = ["a", "b*"]')).public_names
    assert listed == load({"HEADCOUNT_PUBLIC_NAMES": " a, b*,"}).public_names


def test_a_file_that_is_no_toml_names_file_and_line(tmp_path: Path) -> None:
    error = refused(configured(tmp_path, 'kafka = "a:1"\nmetrics_port = \n'))
    assert "line 2" in error.what
    assert error.where.endswith("headcount.toml")


def test_a_wrong_value_in_a_file_names_file_and_setting(tmp_path: Path) -> None:
    error = refused(configured(tmp_path, "metrics_port = 70000"))
    assert error.where.endswith("headcount.toml: metrics_port")
    assert "'70000'" in error.what


def test_an_unknown_name_in_a_file_is_refused(tmp_path: Path) -> None:
    assert refused(configured(tmp_path, "kafak = 1")).where.endswith("headcount.toml: kafak")


def test_a_table_in_a_file_is_refused_without_its_values(tmp_path: Path) -> None:
    error = refused(configured(tmp_path, f'[kafka]\nsasl_password = "{SECRET}"'))
    assert error.where.endswith("[kafka]")
    assert SECRET not in "".join(traceback.format_exception(error))


def test_a_file_that_is_not_there_is_said() -> None:
    error = refused({"HEADCOUNT_CONFIG": "/nonexistent/headcount.toml"})
    assert error.where == "/nonexistent/headcount.toml"
    assert "HEADCOUNT_CONFIG" in error.do


def test_a_process_that_needs_kafka_says_which_setting() -> None:
    with pytest.raises(SettingError) as raised:
        need_kafka(load({}))
    assert raised.value.where == "HEADCOUNT_KAFKA"
