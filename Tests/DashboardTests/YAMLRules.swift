import Foundation
import Yams

/// A file of Prometheus' rules, as far as their expressions.
struct YAMLRules: Decodable {
    struct Group: Decodable { var rules: [Rule] }
    struct Rule: Decodable {
        var record: String?
        var expr: String
    }

    var groups: [Group]

    init(_ file: URL) throws { self = try YAMLDecoder().decode(Self.self, from: Data(contentsOf: file)) }
}
