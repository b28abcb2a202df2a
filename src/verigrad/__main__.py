"""`python -m verigrad`."""

from verigrad.cli.main import main

main()
