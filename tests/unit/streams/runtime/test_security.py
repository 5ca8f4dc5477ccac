"""Faust talks to Kafka as librdkafka does: the same settings, in its own words."""

from pathlib import Path

import faust
import pytest

from headcount.errors import SettingError
from headcount.settings import load, need_kafka
from streams.runtime.app import _credentials

AUTHORITY = Path(__file__).parents[3] / "data" / "ca.pem"
"""The certificate of an authority that nobody knows; its key was thrown away."""

BASE = {"HEADCOUNT_KAFKA": "kafka.example.org:9093"}


def credentials(**settings: str) -> object:
    environ = BASE | {f"HEADCOUNT_KAFKA_{name}": value for name, value in settings.items()}
    return _credentials(need_kafka(load(environ)))


def test_plaintext_needs_none() -> None:
    assert credentials() is None
    assert credentials(SECURITY_PROTOCOL="PLAINTEXT") is None


def test_sasl_has_user_password_and_mechanism() -> None:
    made = credentials(
        SECURITY_PROTOCOL="SASL_PLAINTEXT",
        SASL_MECHANISM="SCRAM-SHA-512",
        SASL_USERNAME="streams",
        SASL_PASSWORD="not-a-secret",
    )
    assert isinstance(made, faust.SASLCredentials)
    assert (made.username, made.password, made.mechanism.value) == ("streams", "not-a-secret", "SCRAM-SHA-512")
    assert made.protocol.value == "SASL_PLAINTEXT"


def test_ssl_trusts_the_named_authority() -> None:
    made = credentials(SECURITY_PROTOCOL="SSL", SSL_CA_LOCATION=str(AUTHORITY))
    assert isinstance(made, faust.SSLCredentials)
    assert [ca["subject"] for ca in made.context.get_ca_certs()] == [((("commonName", "example.org"),),)]
    both = credentials(
        SECURITY_PROTOCOL="SASL_SSL", SASL_USERNAME="u", SASL_PASSWORD="p", SSL_CA_LOCATION=str(AUTHORITY)
    )
    assert isinstance(both, faust.SASLCredentials)
    assert both.protocol.value == "SASL_SSL"


def test_certificates_that_cannot_be_read_are_a_refused_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="certificates cannot be read"):
        credentials(SECURITY_PROTOCOL="SSL", SSL_CA_LOCATION=str(tmp_path / "none.pem"))
