"""Launches: what a person may ask for, the steps that carry it out, and who takes the next one."""
