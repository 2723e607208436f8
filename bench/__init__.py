"""The measurements behind `make bench`: the till against its floor and against the textbook."""
