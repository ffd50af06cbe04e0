//! Linux semantics.
