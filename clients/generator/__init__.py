"""Makes the types of the clients of the gateway's own structs, so that there is one source of both."""
