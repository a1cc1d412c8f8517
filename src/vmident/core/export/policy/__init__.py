"""Desired-state rules as Azure Policy definitions, assignments and remediation tasks in one ARM template."""
