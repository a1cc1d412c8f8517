"""Policy assignments: their requests, their identities and the rules that they assign."""
