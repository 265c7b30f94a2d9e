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

/// What of a session is to be saved, as it is now: taking it copies nothing, and it is put into its saved form where no thread waits.
package struct HeldSession: Sendable {
    fileprivate let address: IPAddress
    fileprivate let sourcePort: UInt16
    fileprivate let localPort: UInt16
    fileprivate let rates: SamplingRates
    fileprivate let traits: TemplateTraits
    fileprivate let isOpenVSwitchNetFlow5: Bool
    fileprivate let names: [UInt64: String]

    /// What should outlive a restart.
    package func saved() -> SavedSession {
        SavedSession(
            address: address.description, sourcePort: sourcePort, localPort: localPort, rates: rates.announcements,
            expectedDomains: rates.expectedDomains, templateTraits: traits.rawValue, isOpenVSwitchNetFlow5: isOpenVSwitchNetFlow5,
            interfaces: names.sorted { $0.key < $1.key }.map {
                .init(domain: UInt32(truncatingIfNeeded: $0.key >> 32), index: UInt32(truncatingIfNeeded: $0.key), name: $0.value)
            })
    }
}

extension ExporterSession {
    /// What should outlive a restart, as it is now.
    package var held: HeldSession {
        HeldSession(
            address: address, sourcePort: sourcePort, localPort: localPort, rates: rates, traits: templates.traits,
            isOpenVSwitchNetFlow5: netFlow5Kind.isOpenVSwitch, names: interfaces.names)
    }

    /// What should outlive a restart.
    package func saved() -> SavedSession { held.saved() }

    /// Differs from what it was whenever `saved()` has something new.
    package var savedRevision: UInt64 {
        (rates.revision &+ interfaces.revision) << 17 | UInt64(templates.traits.rawValue) << 1 | (netFlow5Kind.isOpenVSwitch ? 1 : 0)
    }

    /// Takes over what an earlier run saved of this session, as far as there is room. What the session has learned since stays where both tell.
    package mutating func load(_ saved: SavedSession) {
        var facts = saved.rates.map { ExporterFact.samplingRate(domain: $0.domain, sampler: $0.sampler, rate: $0.rate) }
        facts += rates.announcements.map { ExporterFact.samplingRate(domain: $0.domain, sampler: $0.sampler, rate: $0.rate) }
        facts += saved.expectedDomains.map { ExporterFact.samplingExpected(domain: $0) }
        facts += saved.interfaces.filter { interfaces.name(domain: $0.domain, index: $0.index) == nil }.map {
            ExporterFact.interfaceName(domain: $0.domain, index: $0.index, name: $0.name)
        }
        takeFacts(facts, at: .unknown)
        templates.restore(TemplateTraits(rawValue: saved.templateTraits))
        if saved.isOpenVSwitchNetFlow5 { adoptProfile(.openvswitch) }
    }
}
