"""What the subsidy form reckons with: pure functions that know neither database nor clock."""
