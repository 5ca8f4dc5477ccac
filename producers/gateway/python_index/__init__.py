"""A Python index before another one (PEP 503, 691, 658, 714, 700): pages and files whose links all come through here.

If a page were redirected, its file requests would pass us by: clients resolve links against the final URL. Promises: a page
is the upstream's but for its links; what takes time or asks an upstream is in `upstream/`, all here is pure.
"""
