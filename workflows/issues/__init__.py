"""Labels on issues that start workflows."""
