"""Subsidies (补贴制): relief, interest, guarantees and awards for results."""
