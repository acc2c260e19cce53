"""What the program costs, as a table: ``make bench``. Compared by people, asserted by no test."""
