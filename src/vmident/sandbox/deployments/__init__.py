"""Microsoft.Resources/deployments: template deployments and what-if."""
