"""Protocols: what use cases need from outside."""
