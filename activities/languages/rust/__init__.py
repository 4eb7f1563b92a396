"""What is known of Rust projects: their manifests, the host's toolchains, and how cargo's output is read."""
