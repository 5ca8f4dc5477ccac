# headcount's own processes: `docker run IMAGE streams --slot 0`, `docker run IMAGE sink`.
FROM python:3.11.14-slim-bookworm

# First what changes seldom: the locked dependencies, by hash.
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY pyproject.toml README.md ./
COPY headcount headcount
COPY producers producers
COPY schemas schemas
COPY sinks sinks
COPY streams streams
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

RUN useradd --create-home headcount && install -d -o headcount /state
USER headcount
WORKDIR /state
ENV HEADCOUNT_STATE_DIR=/state HEADCOUNT_METRICS_HOST=0.0.0.0 HEADCOUNT_METRICS_PORT=9100
HEALTHCHECK --interval=10s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9100/healthz', timeout=5)"]
ENTRYPOINT ["headcount"]
CMD ["--help"]
