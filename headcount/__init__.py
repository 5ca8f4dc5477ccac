"""The shell that every headcount process needs: command line, settings, clients, metrics, logs and the local stack.

Comes in: environment variables, one TOML file, words on the command line. Goes out: running processes and answers.
Promises: only `cli.py` and `up/` know the stages (`producers`, `streams`, `sinks`); importing it starts nothing.
"""

__version__ = "0.1.0"
