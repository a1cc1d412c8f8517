"""Credentials: sign in, cache tokens, and explain why a sign-in failed."""
