//! Tests of the `verified_permissions` reader.
