"""Microsoft Graph: the users, groups and service principals of Microsoft Entra ID."""
