"""The demo: two small documentation projects are made on the spot, built for real, and their builds become answers.

Comes in: nothing but this machine, and the package index that pip uses. Goes out: tables in the terminal and a report.
Promises: it drives the command line as anyone would, in an environment of its own, and leaves no process behind.
"""
