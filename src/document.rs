//! YAML and front matter to spanned nodes.
