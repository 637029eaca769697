//! The one place that knows the clock, the environment, the streams and the repository.
