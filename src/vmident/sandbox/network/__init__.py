"""Microsoft.Network: virtual networks, security groups, public IP addresses and NICs."""
