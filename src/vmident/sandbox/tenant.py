"""The tenant of the sandbox: its subscription, the management groups above that, and its users.

There is a second tenant, in which the application of `sandbox serve` can sign in too; it has no subscriptions.
"""

from __future__ import annotations

# '.invalid' never resolves (RFC 6761): what is meant for the sandbox cannot leave the machine by mistake.
ENDPOINT = "https://management.sandbox.invalid"
GRAPH_ENDPOINT = "https://graph.sandbox.invalid"
SUBSCRIPTION = "5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1"
SUBSCRIPTION_NAME = "vmident sandbox"
TENANT = "7e4a4747-0e5a-4d5b-8f2b-1b7a5c0ffee2"
EMPTY_TENANT = "7e4a4747-0e5a-4d5b-8f2b-1b7a5c0ffee5"
PERSON_ID = "9e750000-0e5a-4d5b-8f2b-1b7a5c0ffee3"
PERSON_TITLE = "Sandbox User"
PERSON_NAME = "sandbox-user@sandbox.invalid"
COLLEAGUE_ID = "9e750000-0e5a-4d5b-8f2b-1b7a5c0ffeea"
COLLEAGUE_NAME = "colleague@sandbox.invalid"

MANAGEMENT_GROUPS = "/providers/Microsoft.Management/managementGroups"
# By name, with what each is called, from the one that holds the subscription up to the tenant's root.
MANAGEMENT_GROUP_TITLES = {"sandbox-landing-zone": "Sandbox landing zone", TENANT: "Tenant Root Group"}
SCOPES_ABOVE = [f"{MANAGEMENT_GROUPS}/{name}" for name in MANAGEMENT_GROUP_TITLES]
