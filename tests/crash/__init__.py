"""The secret's life, struck at every effect: killed, cut off, out of disk, and two at once."""
