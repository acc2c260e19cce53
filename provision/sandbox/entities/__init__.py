"""What each kind of object is: its properties, defaults, rules; one module a kind."""
