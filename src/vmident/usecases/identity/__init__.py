"""Create, show and delete user-assigned identities."""
