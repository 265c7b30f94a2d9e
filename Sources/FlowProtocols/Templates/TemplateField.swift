/// One field of a template: which information element, and how many octets.
package struct TemplateField: Hashable, Sendable, Codable {
    /// The element's number, without the enterprise bit. The scope fields of NetFlow v9 have a number space of their own (RFC 3954 §6.1).
    package var element: UInt16
    /// Octets; 65535 where each record says its own length (RFC 7011 §7).
    package var length: UInt16
    /// The private enterprise number; 0 for IANA's elements.
    package var enterprise: UInt32

    /// A field of `length` octets.
    package init(element: UInt16, length: UInt16, enterprise: UInt32 = 0) {
        self.element = element
        self.length = length
        self.enterprise = enterprise
    }

    /// The length that stands for "each record says".
    static let variableLength: UInt16 = 65535

    /// Whether each record says the field's length.
    var isVariable: Bool { length == Self.variableLength }
}

/// Private enterprise numbers whose elements are understood.
enum Enterprise {
    /// Reverse elements of biflows (RFC 5103 §6.1).
    static let reverse: UInt32 = 29305
    /// VMware: tunnel elements, as Open vSwitch sends them.
    static let vmware: UInt32 = 6876
    /// Antrea: names of pods and namespaces.
    static let antrea: UInt32 = 56506
}
