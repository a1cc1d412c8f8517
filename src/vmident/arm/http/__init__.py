"""How requests reach Azure: azure-core's transport over urllib3, with every response read whole and within bounds."""
