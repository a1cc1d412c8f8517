"""A small Microsoft Graph: the users, groups and service principals of the directory."""
