//! Who may import whom, read from the sources themselves.
