"""Verify identities from inside VMs."""
