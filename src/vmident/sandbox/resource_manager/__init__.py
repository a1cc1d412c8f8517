"""Microsoft.Resources: groups, resources and providers."""
