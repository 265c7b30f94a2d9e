import Foundation
import Support
import Yams

/// A file of Prometheus' rules.
struct RuleFile: Decodable {
    struct Group: Decodable {
        var name: String
        var rules: [Rule]
    }

    struct Rule: Decodable {
        var alert: String?
        var record: String?
        var expr: String
        var labels: [String: String]?
        var annotations: [String: String]?
    }

    var groups: [Group]

    /// `alerts/*.rules.yaml`.
    static let files = (try? Repository.files(in: "alerts", ending: ".rules.yaml")) ?? []
    /// `alerts/tests/*.yaml`.
    static let tests = (try? Repository.files(in: "alerts/tests", ending: ".yaml")) ?? []

    /// All rules of all files.
    static func rules() throws -> [Rule] {
        try files.flatMap { try YAMLDecoder().decode(RuleFile.self, from: Data(contentsOf: $0)).groups.flatMap(\.rules) }
    }

    /// All rules that make alerts, by the alert's name.
    static func alerts() throws -> [(name: String, rule: Rule)] {
        try rules().compactMap { rule in rule.alert.map { ($0, rule) } }
    }
}

/// A file for `promtool test rules`, as far as it says when an alert fires.
struct RuleTestFile: Decodable {
    struct Group: Decodable {
        var alerts: [Check]?
        private enum CodingKeys: String, CodingKey { case alerts = "alert_rule_test" }
    }

    struct Check: Decodable {
        struct Alert: Decodable {
            var labels: [String: String]
            private enum CodingKeys: String, CodingKey { case labels = "exp_labels" }
        }

        var alertname: String
        var alerts: [Alert]
        private enum CodingKeys: String, CodingKey {
            case alertname
            case alerts = "exp_alerts"
        }
    }

    var tests: [Group]

    /// What all files check.
    static func checks() throws -> [Check] {
        try RuleFile.tests.flatMap { try YAMLDecoder().decode(RuleTestFile.self, from: Data(contentsOf: $0)).tests.flatMap { $0.alerts ?? [] } }
    }
}
