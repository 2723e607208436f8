"""Contract outsourcing (合同外包): planned, tendered, contracted, accepted and paid."""
