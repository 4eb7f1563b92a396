"""What was merged between two versions, as Markdown: grouped by `.github/release.yml`, or by labels and prefixes."""
