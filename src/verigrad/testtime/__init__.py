"""Test-time compute: methods that spend tokens on one problem, behind one interface."""
