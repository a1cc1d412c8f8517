"""Desired-state rules as a Bicep file and the ARM template that says the same."""
