"""`python -m handlers.cli` is the console command."""

from handlers.cli.main import main

main()
