"""What recipes for Python share: strings in manifests with their ranges, requirements, imports."""
