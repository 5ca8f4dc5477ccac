DELETE FROM headcount_store.completeness_hours WHERE hour < now() - interval '3 days'
