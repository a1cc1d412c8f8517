"""Plan and create role assignments."""
