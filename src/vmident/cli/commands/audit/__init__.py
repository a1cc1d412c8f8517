"""The commands that audit and troubleshoot."""
