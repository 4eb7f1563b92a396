"""`python -m bot`: the same as `autobuild`."""

from bot.cli import main

main()
