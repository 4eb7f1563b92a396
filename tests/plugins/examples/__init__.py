"""One plug-in of each kind, as a third party would write it."""
