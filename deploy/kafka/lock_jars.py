"""Write headcount/up/jars.lock: Kafka's runtime class path by coordinates, each jar with its SHA-256 sum.

For maintainers, when Kafka's version moves: `python deploy/kafka/lock_jars.py`, then read the diff. What runs on a
user's machine downloads exactly what stands in that file and resolves nothing.
"""

import hashlib
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jgo.maven import MavenContext

BROKER = "org.apache.kafka:kafka_2.13:4.3.1"

LOG_BINDING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
"""Without it slf4j throws the broker's log away. The same version as the broker's log4j-core. Not resolved together
with the broker: log4j's dependency management would pull kafka-clients down to a 3.x."""

LOCK = Path(__file__).parents[2] / "headcount" / "up" / "jars.lock"


def main() -> None:
    """Resolve, download into a folder of our own, and write the lock."""
    with tempfile.TemporaryDirectory() as repository:
        context = MavenContext(repo_cache=Path(repository), timeout=60)
        wanted, transitive = context.resolver.resolve([context.create_dependency(BROKER)])
        wanted = [*wanted, context.create_dependency(LOG_BINDING)]
        artifacts = [d.artifact for d in [*wanted, *transitive] if d.scope in (None, "compile", "runtime")]
        with ThreadPoolExecutor(8) as pool:
            paths = list(pool.map(lambda artifact: artifact.resolve(), artifacts))
        lines = sorted(
            f"{a.groupId}:{a.artifactId}:{a.version} sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
            for a, path in zip(artifacts, paths, strict=True)
        )
    LOCK.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} jars in {LOCK}")


if __name__ == "__main__":
    main()
