"""Log lines of incidents: read from files and servers, grouped to templates, and what their errors say."""
