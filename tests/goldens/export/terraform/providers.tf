# Generated from identities.yaml by vmident.

terraform {
  required_version = ">= 1.7.0"

  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = ">= 2.5.0, < 3.0.0"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.3.0, < 6.0.0"
    }
  }
}

provider "azapi" {}

provider "azurerm" {
  subscription_id = "5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1"

  features {}
}
