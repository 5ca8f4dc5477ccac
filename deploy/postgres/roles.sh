#!/bin/sh
# Run once by the official image on an empty volume: our three roles and their database, as `headcount up` makes them.
set -eu
psql --username postgres --set ON_ERROR_STOP=1 \
  --set owner="$OWNER_PASSWORD" --set sink="$SINK_PASSWORD" --set reader="$READER_PASSWORD" <<'SQL'
CREATE ROLE headcount_owner LOGIN PASSWORD :'owner';
CREATE ROLE headcount_sink LOGIN PASSWORD :'sink';
CREATE ROLE headcount_reader LOGIN PASSWORD :'reader';
ALTER ROLE headcount_reader SET statement_timeout = '60s';
CREATE DATABASE headcount OWNER headcount_owner;
REVOKE ALL ON DATABASE "headcount" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE "headcount" TO headcount_sink;
GRANT CONNECT ON DATABASE "headcount" TO headcount_reader;
SQL
