SELECT hash FROM {table} WHERE hash = ANY(%s) AND last_seen_on >= current_date
