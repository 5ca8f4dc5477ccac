"""The one place that makes Kafka clients. Everything else takes them from here, with the user's security settings."""

import logging
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    TIMESTAMP_LOG_APPEND_TIME,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # they are documented, its stubs forget them
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from headcount.logs import RateLimit
from headcount.settings import KafkaSettings

__all__ = [
    "OFFSET_BEGINNING",
    "OFFSET_END",
    "TIMESTAMP_LOG_APPEND_TIME",
    "AdminClient",
    "ConfigResource",
    "Consumer",
    "KafkaError",
    "KafkaException",
    "Message",
    "NewTopic",
    "Producer",
    "ResourceType",
    "TopicCollection",
    "TopicPartition",
    "admin",
    "consumer",
    "producer",
]


def _configuration(settings: KafkaSettings, conf: dict[str, Any]) -> dict[str, Any]:
    return {"bootstrap.servers": settings.bootstrap, **settings.security, **conf}


def _logger() -> logging.Logger:
    # librdkafka writes a line every 0.3 s while a broker is away.
    logger = logging.getLogger("headcount.kafka.client")
    if not any(isinstance(known, RateLimit) for known in logger.filters):
        logger.addFilter(RateLimit())
        logger.addHandler(logging.NullHandler())  # a host without logging gets nothing on its stderr
    return logger


def producer(settings: KafkaSettings, **conf: Any) -> Producer:
    """Make a producer; `conf` has librdkafka's names with `_` for `.`."""
    return Producer(_configuration(settings, _dotted(conf)), logger=_logger())


def consumer(settings: KafkaSettings, **conf: Any) -> Consumer:
    """Make a consumer; `conf` has librdkafka's names with `_` for `.`."""
    return Consumer(_configuration(settings, _dotted(conf)), logger=_logger())


def admin(settings: KafkaSettings) -> AdminClient:
    """Make an admin client."""
    return AdminClient(_configuration(settings, {}), logger=_logger())


def _dotted(conf: dict[str, Any]) -> dict[str, Any]:
    # Callbacks are the client's own names, not librdkafka's.
    return {name if name.endswith("_cb") else name.replace("_", "."): value for name, value in conf.items()}
