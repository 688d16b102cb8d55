//! What things are: releases of images, tiers of devices, topologies and roles of drivers.

pub mod kind;
pub mod link;
pub mod profile;
pub mod release;
pub mod role;
pub mod topology;
