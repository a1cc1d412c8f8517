"""Azure role-based access control: roles, scopes and permissions, as values."""
