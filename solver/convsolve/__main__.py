"""``python -m convsolve`` is the same as ``convsolve``."""

from convsolve.cli.app import main

main()
