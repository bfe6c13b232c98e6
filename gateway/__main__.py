"""`python -m gateway`, the same as `trunkline`."""

from gateway.cli.main import run

run()
