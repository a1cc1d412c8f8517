"""Desired-state rules and the plan that they lead to, as values."""
