"""What the program prints: inert whatever it is made of, in the promised shapes, and as a reviewer saw it."""
