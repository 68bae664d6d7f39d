"""A keyring for tests that wants a password first, as keyrings.cryptfile does.

Chosen with PYTHON_KEYRING_BACKEND=tests.keyring_that_prompts.PromptingKeyring.
"""

import getpass

from keyring.backend import KeyringBackend


class PromptingKeyring(KeyringBackend):
    """It has one secret for everything: the password."""

    priority = 9

    def get_password(self, service: str, username: str) -> str:
        """What is typed."""
        return getpass.getpass("password of the keyring: ")

    def set_password(self, service: str, username: str, password: str) -> None:
        """After a password."""
        self.get_password(service, username)
