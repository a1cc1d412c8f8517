"""Shell completion, and the names that it offers."""
