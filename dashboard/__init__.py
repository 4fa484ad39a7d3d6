"""Screens, jobs and the command line; no arithmetic of its own."""
