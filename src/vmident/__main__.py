"""`python -m vmident`."""

from vmident.cli.main import run

run()
