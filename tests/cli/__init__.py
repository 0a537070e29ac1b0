"""The command line by itself: no server is asked."""
