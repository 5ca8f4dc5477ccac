"""Which Kafka a command talks to: the one that is named, else that of a local stack that runs here."""

from headcount.errors import SettingError
from headcount.settings import KafkaSettings, Settings, variable
from headcount.up.state import StateDir


def kafka_of(settings: Settings) -> KafkaSettings:
    """Give the Kafka that is named, else the local stack's. Raises SettingError where there is neither."""
    if settings.kafka is not None:
        return settings.kafka
    state = StateDir(settings.process.state_dir)
    address = state.read_stack().get("kafka")
    if not address:
        raise SettingError(
            "no Kafka is named and no local stack runs",
            where=f"{variable('kafka')}, {state.stack_file}",
            do=f"set {variable('kafka')} to host:port, or run `headcount up`",
        )
    return KafkaSettings(str(address))
