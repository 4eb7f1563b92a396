"""JavaScript and TypeScript projects: manifests, package managers, scripts and test runs."""
