//! Tests of the `own` reader.
