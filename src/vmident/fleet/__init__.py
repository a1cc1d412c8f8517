"""Runs: what is kept of changes of many VMs."""
