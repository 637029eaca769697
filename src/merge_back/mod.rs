//! Did the fix reach the target, and is it still in effect there?
