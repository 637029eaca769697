//! A report becomes terminal text or JSON.
