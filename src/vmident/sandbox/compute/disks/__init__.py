"""Managed disks."""
