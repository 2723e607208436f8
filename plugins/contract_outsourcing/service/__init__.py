"""The verbs of the contract form, one module for each part of a contract's life."""
