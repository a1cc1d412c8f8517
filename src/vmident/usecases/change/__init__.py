"""Change the identities of one VM or many."""
