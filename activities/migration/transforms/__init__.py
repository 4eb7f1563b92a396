"""How a step changes files, by kind: programs of ours that parse JavaScript or Python, and commands of tools."""
