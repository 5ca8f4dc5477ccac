SELECT json_build_object('hash', encode(hash, 'hex'), 'body', body)::text
FROM headcount_store.build_configs
WHERE hash = ANY (%s)
ORDER BY hash
