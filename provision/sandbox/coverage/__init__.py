"""What is emulated, and what Microsoft Graph has beyond."""
