"""One module a datum: a pure parser, and the few lines that ask. What cannot be read raises CollectorError."""
