"""The rows that access is decided from, out of Resource Graph and ARM."""
