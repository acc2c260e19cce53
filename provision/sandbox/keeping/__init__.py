"""What the sandbox knows, and how it is kept between runs."""
