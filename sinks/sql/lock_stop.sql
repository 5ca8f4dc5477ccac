SELECT * FROM headcount_store.stops WHERE topic = %s AND partition = %s FOR UPDATE
