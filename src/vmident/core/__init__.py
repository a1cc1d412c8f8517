"""The algebra of identity changes: values and pure functions, no I/O, clock, randomness or environment."""
