"""Results drawn as text, tables and documents; returns what to print and never prints."""
