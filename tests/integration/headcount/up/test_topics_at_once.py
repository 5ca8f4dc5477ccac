from headcount import topics
from headcount.settings import KafkaSettings
from tests.stack import Stack


def test_topics_made_a_moment_ago_pass_the_check(stack: Stack) -> None:
    for _ in range(3):
        topics.ensure(KafkaSettings(bootstrap=stack.bootstrap, topic_prefix=stack.fresh_prefix()))
