"""What each verb came to: the values that report/ puts into words. No I/O, no clock."""
