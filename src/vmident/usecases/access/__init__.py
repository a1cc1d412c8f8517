"""Who can act as an identity: read the rows, decide with `core.access`."""
