"""Desired-state rules as Terraform configuration."""
