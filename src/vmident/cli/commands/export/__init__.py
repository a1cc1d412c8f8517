"""The commands of `vmident export`, a module for each engine."""
