extension ValueKind where Value == String {
    /// The name of a Kubernetes label, with or without a prefix (`app`, `app.kubernetes.io/name`).
    package static var podLabel: ValueKind {
        ValueKind("the name of a Kubernetes label", try: "app.kubernetes.io/component, team") { text in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard let name = parts.last, parts.count <= 2, (1...63).contains(name.utf8.count) else { return nil }
            func isLetterOrDigit(_ octet: UInt8?) -> Bool {
                octet.map { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) } ?? false
            }
            func isQualified(_ part: Substring, with more: String) -> Bool {
                isLetterOrDigit(part.utf8.first) && isLetterOrDigit(part.utf8.last)
                    && part.utf8.allSatisfy { isLetterOrDigit($0) || more.utf8.contains($0) }
            }
            guard isQualified(name, with: "-_.") else { return nil }
            return parts.count == 1 || parts[0].utf8.count <= 253 && isQualified(parts[0], with: "-.") ? text : nil
        }
    }

    /// A pattern that some names of namespaces match: letters, digits and hyphens, with `*` for any text and `?` for any character.
    package static var namespacePattern: ValueKind {
        ValueKind("a pattern for namespaces", try: "shop, team-*, ci-?") { text throws(ValueError) in
            if text.contains(":") { throw ValueError("has a colon, which only Weir's own names have: those are always taken") }
            let allowed = text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "-*?".utf8.contains($0) }
            return text.isEmpty || text.utf8.count > 253 || !allowed ? nil : text
        }
    }
}

extension ValueKind where Value == ClosedRange<UInt16> {
    /// A port, or a range of ports (`8000-8100`).
    package static var portRange: ValueKind {
        ValueKind("a port or a range of ports", try: "443, 8000-8100") { text throws(ValueError) in
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return nil }
            let ports = parts.compactMap { UInt16($0) }.filter { $0 > 0 }
            guard ports.count == parts.count, let first = ports.first, let last = ports.last else { throw ValueError("is not within 1 to 65535") }
            guard first <= last else { throw ValueError("ends before it begins") }
            return first...last
        }
    }
}
