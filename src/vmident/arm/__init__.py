"""The edge to Azure Resource Manager: the only package that imports the Azure SDK, and only inside functions."""
