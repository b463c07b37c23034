//! Tests of the `rows` reader.
