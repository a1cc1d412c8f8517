"""One file per intention: read, decide with core, act through ports, hand back a result."""
