"""Microsoft.Authorization: roles, assignments and what the caller may do."""
