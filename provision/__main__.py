"""``python -m provision``: the program, where its script is not on the path."""

from provision.cli.main import main

main()
