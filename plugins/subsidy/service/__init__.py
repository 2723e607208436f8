"""What the subsidy's acts do."""
