"""The one sequence: load, observe, plan, confirm, execute, hand over."""
