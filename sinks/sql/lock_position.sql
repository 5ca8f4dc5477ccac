SELECT * FROM headcount_store.positions WHERE topic = %s AND partition = %s FOR UPDATE
