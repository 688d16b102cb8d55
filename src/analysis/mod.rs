//! FACTS + TABLES → CONCLUSIONS and FINDINGS.
//!
//! Everything here is a pure function of facts and of the tables of `inf-db`: same input, same result, in the same order.

pub mod selection;
