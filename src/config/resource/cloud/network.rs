//! What firewalls of all clouds let everybody in by.

use serde_json::{Value as Json, json};

use super::{Data, Described, Place, Val};

/// Rules of one resource that are told.
const MAX_RULES: usize = 200;

/// Ports that are open to every address.
pub(super) struct OpenPort {
    from: i64,
    to: i64,
    protocol: String,
    source: String,
    pub(super) place: Place,
}

impl OpenPort {
    pub(super) fn json(&self) -> Json {
        json!({"from": self.from, "to": self.to, "protocol": self.protocol, "source": self.source})
    }
}

/// How a kind of firewall writes its rules.
struct Shape {
    kinds: &'static [&'static str],
    /// The blocks that hold rules; the resource itself is one where this is empty.
    block: &'static str,
    protocol: &'static str,
    /// One attribute each for first and last port, or one for ranges as text.
    ports: &'static [&'static str],
    sources: &'static [&'static str],
    /// What an attribute must say if it is there.
    only: &'static [(&'static str, &'static str)],
}

static SHAPES: &[Shape] = &[
    Shape {
        kinds: &["aws_security_group", "aws_default_security_group"],
        block: "ingress",
        protocol: "protocol",
        ports: &["from_port", "to_port"],
        sources: &["cidr_blocks", "ipv6_cidr_blocks"],
        only: &[],
    },
    Shape {
        kinds: &["aws_security_group_rule"],
        block: "",
        protocol: "protocol",
        ports: &["from_port", "to_port"],
        sources: &["cidr_blocks", "ipv6_cidr_blocks"],
        only: &[("type", "ingress")],
    },
    Shape {
        kinds: &["aws_vpc_security_group_ingress_rule"],
        block: "",
        protocol: "ip_protocol",
        ports: &["from_port", "to_port"],
        sources: &["cidr_ipv4", "cidr_ipv6"],
        only: &[],
    },
    Shape {
        kinds: &["AWS::EC2::SecurityGroup"],
        block: "security_group_ingress",
        protocol: "ip_protocol",
        ports: &["from_port", "to_port"],
        sources: &["cidr_ip", "cidr_ipv6"],
        only: &[],
    },
    Shape {
        kinds: &["AWS::EC2::SecurityGroupIngress"],
        block: "",
        protocol: "ip_protocol",
        ports: &["from_port", "to_port"],
        sources: &["cidr_ip", "cidr_ipv6"],
        only: &[],
    },
    Shape {
        kinds: &["module"],
        block: "ingress_with_cidr_blocks",
        protocol: "protocol",
        ports: &["from_port", "to_port"],
        sources: &["cidr_blocks"],
        only: &[],
    },
    Shape {
        kinds: &["azurerm_network_security_rule"],
        block: "",
        protocol: "protocol",
        ports: &["destination_port_range", "destination_port_ranges"],
        sources: &["source_address_prefix", "source_address_prefixes"],
        only: &[("direction", "inbound"), ("access", "allow")],
    },
    Shape {
        kinds: &["azurerm_network_security_group"],
        block: "security_rule",
        protocol: "protocol",
        ports: &["destination_port_range", "destination_port_ranges"],
        sources: &["source_address_prefix", "source_address_prefixes"],
        only: &[("direction", "inbound"), ("access", "allow")],
    },
    Shape {
        kinds: &["digitalocean_firewall"],
        block: "inbound_rule",
        protocol: "protocol",
        ports: &["port_range"],
        sources: &["source_addresses"],
        only: &[],
    },
    Shape {
        kinds: &["hcloud_firewall"],
        block: "rule",
        protocol: "protocol",
        ports: &["port"],
        sources: &["source_ips"],
        only: &[("direction", "in")],
    },
];

/// The open ports of a resource.
pub(super) fn open_ports(what: &Described<'_>) -> Vec<OpenPort> {
    let mut found = Vec::new();
    if what.kind == "google_compute_firewall" {
        google(what, &mut found);
    }
    for shape in SHAPES.iter().filter(|shape| shape.kinds.contains(&what.kind)) {
        if shape.block.is_empty() {
            rule(shape, &|name| what.get(name), &mut found);
            continue;
        }
        let rules = what.get(shape.block).map_or(&[][..], Val::items);
        for one in rules.iter().take(MAX_RULES) {
            if matches!(one.data, Data::Map(_)) {
                rule(shape, &|name| one.get(name), &mut found);
            }
        }
    }
    found
}

fn rule<'v>(shape: &Shape, get: &dyn Fn(&str) -> Option<&'v Val>, found: &mut Vec<OpenPort>) {
    let fits = |(name, wanted): &(&str, &str)| {
        get(name).and_then(Val::as_text).is_none_or(|text| text.eq_ignore_ascii_case(wanted))
    };
    let Some((source, place)) = shape.sources.iter().filter_map(|name| get(name)).find_map(world) else { return };
    if !shape.only.iter().all(fits) {
        return;
    }
    let protocol = get(shape.protocol).map(protocol_of).unwrap_or_default();
    let all = protocol == "all";
    let spans: Vec<(i64, i64)> = match shape.ports {
        _ if all && shape.ports.len() == 2 && shape.ports[1] == "to_port" => vec![(0, 65_535)],
        ["from_port", "to_port"] => {
            let port = |name: &str| get(name).and_then(Val::number);
            port("from_port").zip(port("to_port")).into_iter().collect()
        }
        names => names.iter().filter_map(|name| get(name)).flat_map(Val::items).filter_map(span_of).collect(),
    };
    for (from, to) in spans {
        // 0 and -1 are all of them, for protocols that have ports.
        let (from, to) = if from == -1 || (from == 0 && to == 0 && all) { (0, 65_535) } else { (from, to) };
        found.push(OpenPort { from, to, protocol: protocol.clone(), source: source.clone(), place });
    }
}

fn google(what: &Described<'_>, found: &mut Vec<OpenPort>) {
    let says = |name: &str, wanted: &str| {
        what.get(name).and_then(Val::as_text).is_some_and(|text| text.eq_ignore_ascii_case(wanted))
    };
    if says("direction", "egress") || what.get("disabled").and_then(Val::truth) == Some(true) {
        return;
    }
    let Some((source, place)) = what.get("source_ranges").and_then(world) else { return };
    for allow in what.get("allow").map_or(&[][..], Val::items).iter().take(MAX_RULES) {
        let protocol = allow.get("protocol").map(protocol_of).unwrap_or_default();
        let spans: Vec<(i64, i64)> = match allow.get("ports") {
            Some(ports) => ports.items().iter().filter_map(span_of).collect(),
            None => vec![(0, 65_535)],
        };
        for (from, to) in spans {
            found.push(OpenPort { from, to, protocol: protocol.clone(), source: source.clone(), place });
        }
    }
}

fn protocol_of(value: &Val) -> String {
    match value.scalar() {
        Json::String(text) if matches!(text.to_ascii_lowercase().as_str(), "-1" | "all" | "*") => "all".to_owned(),
        Json::String(text) => super::super::clip(&text.to_ascii_lowercase()),
        Json::Number(number) if number.as_i64() == Some(-1) => "all".to_owned(),
        _ => String::new(),
    }
}

/// `22`, `8000-9000`, `*`.
fn span_of(value: &Val) -> Option<(i64, i64)> {
    if let Some(number) = value.number() {
        return Some((number, number));
    }
    let text = value.as_text()?.trim();
    if matches!(text, "*" | "all" | "any") {
        return Some((0, 65_535));
    }
    let (from, to) = text.split_once('-')?;
    from.trim().parse().ok().zip(to.trim().parse().ok())
}

/// The first of the sources that is every address.
fn world(value: &Val) -> Option<(String, Place)> {
    value.items().iter().find_map(|item| {
        let text = item.as_text()?;
        let parts = text.split(',').map(str::trim);
        let all = |part: &&str| {
            matches!(*part, "0.0.0.0/0" | "::/0" | "*")
                || part.eq_ignore_ascii_case("internet")
                || part.eq_ignore_ascii_case("any")
        };
        let place = if value.is_from_elsewhere() { value.site } else { item.site };
        parts.into_iter().find(all).map(|part| (part.to_owned(), place))
    })
}
