"""Live: messages taken from the networks as they come, kept before they are acknowledged, decoded, passed on."""
