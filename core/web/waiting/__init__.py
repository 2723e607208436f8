"""What waits for a person, counted for the menu and the home page: one module an area."""
