//! The network, through the `git` program: the user's credentials, proxies and hooks work.
