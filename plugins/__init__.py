"""The forms of purchase; each a plugin on the core, none knowing another."""
