"""An nginx access log → the same raw events as the gateway's, each line exactly once (DL33-DL35).

Comes in: a log that nginx writes and somebody rotates, and the gateway's manifest. Goes out: batches on the raw downloads
topic, dead letters of lines that cannot be read. Promises: killed anywhere and started again, no line is lost and none is
sent twice; a query is never kept; of who opted out only the day's total grows by one.
"""
