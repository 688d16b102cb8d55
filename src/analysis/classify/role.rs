//! What a driver is on the whole, for people. Devices are judged one by one; the role is the summary.

use serde::Serialize;

use super::link::Link;
use super::profile::{Function, NetKind, Profile};
use super::topology::{Tier, Topology};
use crate::analysis::world::DriverIndex;

/// Role of a driver (DESIGN.md 4).
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Claims an adapter on a well-known bus and enumerates children for network drivers.
    BusDriver,
    /// Child of a bus driver and bus of another driver.
    MiddleDriver,
    /// Network driver of a child device.
    Miniport,
    /// Network driver that claims the adapter's bus id itself.
    Monolithic,
    /// Filter in the network stack.
    Filter,
    /// NDIS intermediate driver (teaming, VLAN).
    Intermediate,
    /// Transport protocol.
    Protocol,
    /// Wireless LAN.
    Wlan,
    /// Network adapter made by software.
    Virtual,
    /// Nothing to do with networking.
    NotNetwork,
}

impl Role {
    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Role::BusDriver => "bus-driver",
            Role::MiddleDriver => "middle-driver",
            Role::Miniport => "miniport",
            Role::Monolithic => "monolithic",
            Role::Filter => "filter",
            Role::Intermediate => "intermediate",
            Role::Protocol => "protocol",
            Role::Wlan => "wlan",
            Role::Virtual => "virtual",
            Role::NotNetwork => "not-network",
        }
    }

    /// It runs or carries a network adapter.
    pub const fn is_network(self) -> bool {
        !matches!(self, Role::NotNetwork)
    }

    /// Role of a driver, given all links.
    pub fn of(driver: DriverIndex, profiles: &[Profile], links: &[Link], topologies: &[Topology]) -> Self {
        let profile = &profiles[driver];
        match profile.net {
            NetKind::Filter => return Role::Filter,
            NetKind::Intermediate => return Role::Intermediate,
            NetKind::Protocol => return Role::Protocol,
            NetKind::Adapter => return Self::of_adapter(profile),
            NetKind::None => {}
        }
        if links.iter().any(|l| l.parent == driver) {
            let is_child = links.iter().any(|l| l.child == driver);
            return if is_child { Role::MiddleDriver } else { Role::BusDriver };
        }
        let alone = topologies.iter().any(|t| t.nodes.first() == Some(&(driver, Tier::Bus)));
        if alone { Role::BusDriver } else { Role::NotNetwork }
    }

    fn of_adapter(profile: &Profile) -> Self {
        let private = profile.private_models();
        if private + profile.in_box_models > profile.bus_models {
            return Role::Miniport;
        }
        if profile.bus_models == 0 {
            return Role::Virtual;
        }
        if profile.function == Function::Wlan { Role::Wlan } else { Role::Monolithic }
    }
}
