"""Lines of keys and tables in TOML texts."""

from producers.gateway.manifest.places import Places


def test_lines_are_found_in_any_toml() -> None:
    text = '''\
# [[domain]] in a comment, a = 1
title = """
[[domain]]
x = 1
""" # not a table
"a b"."c=d" = 1
list = [ # {
  "[[x]]", { a = 1, b = [
  ] },
]
inline = { a = 1, b = 2 }
[table]
k = '='
[[domain]]
host = "a"   # = [
  [[domain.rule]]
  x = 1
  [domain.rule.deep]
  y = 2
  [[domain.rule]]
  x.z = 2
[[domain]]
  [[domain . "rule"]]
  x = 3
'''
    places = Places(text)
    expected = {
        ("title",): 2, ("a b", "c=d"): 6, ("list",): 7, ("inline",): 11, ("inline", "a"): 11, ("table",): 12,
        ("table", "k"): 13, ("domain", 0): 14, ("domain", 0, "host"): 15, ("domain", 0, "rule", 0): 16,
        ("domain", 0, "rule", 0, "x"): 17, ("domain", 0, "rule", 0, "deep", "y"): 19,
        ("domain", 0, "rule", 1): 20, ("domain", 0, "rule", 1, "x", "z"): 21, ("domain", 1): 22,
        ("domain", 1, "rule", 0): 23, ("domain", 1, "rule", 0, "x"): 24, ("domain", 1, "rule", 0, "absent"): 23,
    }  # fmt: skip
    assert {path: places.line(path) for path in expected} == expected
    assert places.line(("nothing",)) is None
