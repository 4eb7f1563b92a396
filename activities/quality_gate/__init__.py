"""From two trees to a verdict: what is measured, compared, judged, fixed and accepted."""
