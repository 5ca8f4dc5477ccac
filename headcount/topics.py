"""Makes our topics as schemas/topics.py defines them, and refuses a cluster where they are otherwise."""

import time
from concurrent.futures import Future

from headcount.errors import HeadcountError, UnavailableError
from headcount.kafka import (
    AdminClient,
    ConfigResource,
    KafkaError,
    KafkaException,
    NewTopic,
    ResourceType,
    TopicCollection,
    admin,
)
from headcount.settings import KafkaSettings, variable
from schemas.topics import ALL, Topic

_SECONDS = 30.0
_POLL_SECONDS = 0.05


class TopicError(HeadcountError):
    """A topic on the cluster is not as we define it; going on would lose or keep what must not be."""


def ensure(settings: KafkaSettings, topics: tuple[Topic, ...] = ALL) -> None:
    """Make the topics that are not there yet, then check all of them.

    Raises TopicError for one that differs and UnavailableError where Kafka does not answer.
    """
    client = admin(settings)
    wanted = [
        NewTopic(settings.name(topic), topic.partitions, settings.replication_factor, config=dict(topic.settings))
        for topic in topics
    ]
    for name, future in client.create_topics(wanted, request_timeout=_SECONDS).items():
        _made(name, future, settings)
    _await_shown(client, [settings.name(topic) for topic in topics])
    for topic in topics:
        check(client, settings, topic)


def _await_shown(client: AdminClient, names: list[str]) -> None:
    # A broker learns a moment after the controller has made a topic; until then it shows it with no partitions, or not.
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        shown = client.list_topics(timeout=_SECONDS).topics
        if all(name in shown and shown[name].partitions for name in names):
            return
        time.sleep(_POLL_SECONDS)


def _made(name: str, future: "Future[None]", settings: KafkaSettings) -> None:
    try:
        future.result()
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise UnavailableError(
                f"the topic cannot be made: {error.args[0].str()}",
                where=f"{name} on {settings.bootstrap}",
                do="see that Kafka runs and that we may make topics, or make it by hand (`headcount topics` lists all)",
            ) from error


def check(client: AdminClient, settings: KafkaSettings, topic: Topic) -> None:
    """Hold one topic on the cluster to its definition. Raises TopicError, which names the difference."""
    name = settings.name(topic)
    partitions = len(client.list_topics(name, timeout=_SECONDS).topics[name].partitions)
    if partitions != topic.partitions:
        raise TopicError(
            f"it has {partitions} partitions, not {topic.partitions}",
            where=name,
            do="make it anew with that number; more partitions mean a .v2 topic, as state is local to a partition",
        )
    resource = ConfigResource(ResourceType.TOPIC, name)
    found = client.describe_configs([resource], request_timeout=_SECONDS)[resource].result()
    for setting, value in topic.settings.items():
        if found[setting].value != value:
            raise TopicError(
                f"{setting} is {found[setting].value}, not {value}",
                where=name,
                do=f"kafka-configs --alter --topic {name} --add-config {setting}={value}",
            )


def differences(settings: KafkaSettings, topics: tuple[Topic, ...] = ALL) -> dict[str, str | None]:
    """Say for each topic, by its name without prefix, how the cluster's is otherwise; null where it is as defined."""
    client = admin(settings)
    there = client.list_topics(timeout=_SECONDS).topics
    found: dict[str, str | None] = {}
    for topic in topics:
        if settings.name(topic) not in there:
            found[topic.name] = "it is not there"
            continue
        try:
            check(client, settings, topic)
        except TopicError as error:
            found[topic.name] = error.what
        else:
            found[topic.name] = None
    return found


def unavailable(settings: KafkaSettings, error: KafkaException) -> UnavailableError:
    """Say that Kafka does not answer."""
    return UnavailableError(
        f"Kafka does not answer: {error.args[0].str()}",
        where=settings.bootstrap,
        do=f"see that it runs there (`headcount status`), or mend {variable('kafka')}",
    )


def topic_ids(settings: KafkaSettings, topics: tuple[Topic, ...]) -> dict[Topic, str]:
    """Give each topic's id on the cluster: another one under the same name is another topic."""
    names = {settings.name(topic): topic for topic in topics}
    client = admin(settings)  # a client that goes away takes its answers with it
    described = client.describe_topics(TopicCollection(list(names)), request_timeout=_SECONDS)
    return {names[name]: str(future.result().topic_id) for name, future in described.items()}


def cluster_id(settings: KafkaSettings) -> str:
    """Give the id of the cluster."""
    client = admin(settings)
    return str(client.describe_cluster(request_timeout=_SECONDS).result().cluster_id)
