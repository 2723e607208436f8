"""Tests: unit, story, race, scenario and browser tests, on both engines."""
