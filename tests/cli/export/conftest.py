"""Desired-state files to export."""

from tests.cli.desired_state.conftest import desired_file

__all__ = ["desired_file"]
