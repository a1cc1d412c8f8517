"""Settings: options, environment variables and the Azure CLI's own files."""
