"""Microsoft.PolicyInsights: remediations, which change what a policy assignment finds non-compliant."""
