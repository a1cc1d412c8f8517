"""Microsoft.Compute: virtual machines and images."""
