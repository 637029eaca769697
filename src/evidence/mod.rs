//! What git can tell: production, what stands in the way of rolling back, flags.
