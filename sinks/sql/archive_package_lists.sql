SELECT json_build_object(
    'hash', encode(kept.hash, 'hex'), 'ecosystem', kept.ecosystem,
    'items', (
        SELECT coalesce(json_agg(json_strip_nulls(json_build_object(
            'name', items.name, 'version', items.version, 'channel', items.channel, 'constraint', items.constraint_kind,
            'specifier', items.specifier, 'extras', items.extras, 'conditional', items.conditional
        )) ORDER BY items.ordinal), '[]')
        FROM headcount_store.package_list_items AS items WHERE items.list_id = kept.list_id
    )
)::text
FROM headcount_store.package_lists AS kept
WHERE kept.list_id = ANY (%s)
ORDER BY kept.hash
