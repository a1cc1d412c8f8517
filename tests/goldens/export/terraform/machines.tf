# Generated from identities.yaml by vmident.

# If Terraform manages one of these VMs elsewhere, add to that resource:
#   lifecycle { ignore_changes = [identity] }
# Otherwise both resources change the VM's identity in turn.

resource "azapi_update_resource" "appvm_b0492d6d" {
  type        = "Microsoft.Compute/virtualMachines@2024-07-01"
  resource_id = "/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1/resourceGroups/myResourceGroup/providers/Microsoft.Compute/virtualMachines/appVM"
  locks       = ["/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1/resourceGroups/myResourceGroup/providers/Microsoft.Compute/virtualMachines/appVM"]

  body = {
    identity = {
      type                   = "SystemAssigned"
      userAssignedIdentities = null
    }
  }

  response_export_values = ["identity.principalId"]
}

resource "azapi_update_resource" "myvm_6ccfd33b" {
  type        = "Microsoft.Compute/virtualMachines@2024-07-01"
  resource_id = "/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1/resourceGroups/myResourceGroup/providers/Microsoft.Compute/virtualMachines/myVM"
  locks       = ["/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1/resourceGroups/myResourceGroup/providers/Microsoft.Compute/virtualMachines/myVM"]

  body = {
    identity = {
      type = "SystemAssigned, UserAssigned"
      userAssignedIdentities = {
        (azurerm_user_assigned_identity.newidentity_2fc1ed91.id)   = {}
        (azurerm_user_assigned_identity.otheridentity_0f8049f1.id) = {}
      }
    }
  }

  response_export_values = ["identity.principalId"]
}

resource "azapi_update_resource" "webvm_cbc8c3e1" {
  type        = "Microsoft.Compute/virtualMachines@2024-07-01"
  resource_id = "/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1/resourceGroups/myResourceGroup/providers/Microsoft.Compute/virtualMachines/webVM"
  locks       = ["/subscriptions/5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1/resourceGroups/myResourceGroup/providers/Microsoft.Compute/virtualMachines/webVM"]

  body = {
    identity = {
      type = "SystemAssigned, UserAssigned"
      userAssignedIdentities = {
        (azurerm_user_assigned_identity.otheridentity_0f8049f1.id) = {}
      }
    }
  }

  response_export_values = ["identity.principalId"]
}
