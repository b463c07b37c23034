//! Tests of the `authzen` reader.
