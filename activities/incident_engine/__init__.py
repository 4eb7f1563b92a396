"""The work on one incident on one host: what to look at, what is fetched, how it is judged, and what is done."""
