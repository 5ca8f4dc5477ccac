"""A broker with the topics that the shipper writes."""

import pytest

from headcount.settings import KafkaSettings
from headcount.topics import ensure
from schemas.topics import DEAD_DOWNLOADS, RAW_DOWNLOADS


@pytest.fixture
def topics(kafka: KafkaSettings) -> KafkaSettings:
    ensure(kafka, (RAW_DOWNLOADS, DEAD_DOWNLOADS))
    return kafka
