"""The engine of live traffic: its state by target, what it records, how that state is kept and moved."""
