"""The login service: who may have which token, the tokens, and their verification."""
