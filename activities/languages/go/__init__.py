"""What is known of Go modules: their manifests, the host's toolchains, and how go's output is read."""
