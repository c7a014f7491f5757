"""Requests for zones and what the parties decide: acts put into the register, and where a request stands."""
