//! Tests of the `cerbos` reader.
