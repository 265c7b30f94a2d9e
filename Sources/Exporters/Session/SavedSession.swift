import FlowModel

/// What of a session outlives a restart of Weir: rates, what was expected, what the exporter is, interface names.
package struct SavedSession: Sendable, Codable, Equatable {
    /// A rate that options data told.
    package struct Rate: Sendable, Codable, Equatable {
        package var domain: UInt32
        /// Nil: for all of the domain.
        package var sampler: UInt32?
        package var rate: UInt32
    }

    /// An interface's name.
    package struct Interface: Sendable, Codable, Equatable {
        package var domain: UInt32
        package var index: UInt32
        package var name: String
    }

    /// The exporter's address, as text.
    package var address: String
    package var sourcePort: UInt16
    package var localPort: UInt16
    package var rates: [Rate] = []
    /// Domains that have referred to a rate.
    package var expectedDomains: [UInt32] = []
    /// What the templates' elements have shown (`TemplateTraits`).
    package var templateTraits: UInt16 = 0
    /// Whether its NetFlow v5 is Open vSwitch's.
    package var isOpenVSwitchNetFlow5 = false
    package var interfaces: [Interface] = []
}

extension ExporterSession {
    /// What should outlive a restart.
    package func saved() -> SavedSession {
        SavedSession(
            address: address.description, sourcePort: sourcePort, localPort: localPort, rates: rates.announcements,
            expectedDomains: rates.expectedDomains, templateTraits: templates.traits.rawValue, isOpenVSwitchNetFlow5: netFlow5Kind.isOpenVSwitch,
            interfaces: interfaces.names.sorted { $0.key < $1.key }.map {
                .init(domain: UInt32(truncatingIfNeeded: $0.key >> 32), index: UInt32(truncatingIfNeeded: $0.key), name: $0.value)
            })
    }

    /// Takes over what an earlier run saved of this session. What the session has learned since stays where both tell.
    package mutating func load(_ saved: SavedSession) {
        let learned = rates.announcements
        for rate in saved.rates { rates.announce(rate.rate, domain: rate.domain, sampler: rate.sampler) }
        for rate in learned { rates.announce(rate.rate, domain: rate.domain, sampler: rate.sampler) }
        for domain in saved.expectedDomains { rates.expect(domain: domain) }
        for interface in saved.interfaces where interfaces.name(domain: interface.domain, index: interface.index) == nil {
            interfaces.learn(interface.name, domain: interface.domain, index: interface.index)
        }
        templates.restore(TemplateTraits(rawValue: saved.templateTraits))
        if saved.isOpenVSwitchNetFlow5 { adoptProfile(.openvswitch) }
    }
}
