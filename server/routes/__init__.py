"""The interfaces of other translation servers, so that their clients work here unchanged."""
