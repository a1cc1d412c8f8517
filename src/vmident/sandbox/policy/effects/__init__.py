"""What the effects of policy rules do: change requests and resources, reject requests, begin deployments."""
