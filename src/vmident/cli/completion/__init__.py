"""Shell completion, and the names that it offers."""

VARIABLE = "_VMIDENT_COMPLETE"
"""What the shells' scripts set to ask for completions; Typer makes its name of the program's."""
