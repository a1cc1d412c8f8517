"""What every ARM service shares: calls, operations, paging, filters and throttling."""
