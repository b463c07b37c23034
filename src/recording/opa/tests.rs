//! Tests of the `opa` reader.
