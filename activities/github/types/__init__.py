"""The inputs and results of GitHub's activities."""
