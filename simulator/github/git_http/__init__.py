"""Git over HTTP: fetches and pushes, with the rules of protected branches."""
