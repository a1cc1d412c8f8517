"""The Typer app: options, one short file per command, and the composition root."""
