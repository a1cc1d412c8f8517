"""Microsoft.ResourceGraph: queries over the sandbox's resources."""
