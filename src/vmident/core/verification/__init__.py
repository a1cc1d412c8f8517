"""Verification from inside a VM: the checks, the script, its output, and the verdicts. Knows nothing of Run Command."""
