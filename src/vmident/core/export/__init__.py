"""Desired-state rules as the files of other engines: Azure Policy, Terraform, Bicep."""
