"""Of the room that talks to Graph: its pure parts, and a client over a transport of the test's own."""
