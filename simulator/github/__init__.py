"""The pretend GitHub: enough of GitHub, over real HTTP and real git, to try the bot without an account."""
