"""What the numbers of an incident show: shifts of metrics beyond noise, and who calls whom. Pure functions."""
