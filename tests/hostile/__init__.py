"""Hostile repositories, each as a pull request of the repository itself and of a fork, on a worker run as root and as a
user: nothing outside the sandbox is read, written, reached or judged."""
