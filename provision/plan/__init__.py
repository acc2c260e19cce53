"""Plans: pure values between reading and acting. No I/O and no clock in here."""
