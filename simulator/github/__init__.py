"""A simulated GitHub: enough of GitHub, over real HTTP and real git, to run the bot without an account.

    python -m simulator.github --state .autobuild/github --hook http://127.0.0.1:8080/webhook

runs it as a process of its own and prints one line of JSON with its addresses and the app's credentials. Repositories,
pull requests, check runs and deliveries are shown at `url`; `POST /_control/<action>` does what a user would do on
GitHub (`pages/control_api.py` lists the actions). In a test, `server.SimulatedGitHub` runs in the same process:

    async with SimulatedGitHub(folder, hook_url=hook) as github:
        await github.repositories.add_repository("octocat/hello", {"README.md": "# Hello"})
        github.issues.open_issue("octocat/hello", "A bug")

`store` holds the state (`entities`), `services` change it, `serializers` are GitHub's JSON, `rest` the REST and GraphQL
API, `git` reads and writes repositories, `git_http` serves them, `webhooks` sends the deliveries, and `pages` is what a
browser shows.
"""
