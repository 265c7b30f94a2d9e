import Detection
import Foundation

/// Evidence as one line of JSON that fits into an annotation.
package enum EvidenceText {
    /// The most octets that it takes.
    package static let longest = 8 << 10

    private struct Shown: Encodable {
        var value: Double
        var expected: Double?
        var limit: Double?
        var unit: String
        var score: Double?
        var judge: String?
        var details: [String]
        var exporters: [String]
        var pairs: [Evidence.PodPair]
        var flows: [Evidence.HeavyFlow]
        /// How many of the lists above were left out for want of room.
        var leftOut: Int?
    }

    /// The JSON, keys in snake case: what was measured, against what, the heaviest pairs and flows, and who saw it. The plot is on the alert's page. What does
    /// not fit is left out from the end of the lists, flows first.
    package static func json(_ evidence: Evidence) -> String {
        var shown = Shown(
            value: evidence.measure.value, expected: evidence.measure.expected, limit: evidence.measure.limit, unit: evidence.measure.unit,
            score: evidence.measure.score, judge: evidence.measure.judge, details: evidence.details, exporters: evidence.exporters,
            pairs: evidence.pairs,
            flows: evidence.flows)
        while true {
            guard let text = try? JSONEncoder.alerting.encode(shown) else { return "{}" }
            if text.count <= longest { return String(decoding: text, as: UTF8.self) }
            shown.leftOut = (shown.leftOut ?? 0) + 1
            if !shown.flows.isEmpty {
                shown.flows.removeLast()
            } else if shown.pairs.count > 1 {
                shown.pairs.removeLast()
            } else if !shown.details.isEmpty {
                shown.details.removeLast()
            } else if !shown.exporters.isEmpty {
                shown.exporters.removeLast()
            } else {
                return "{}"
            }
        }
    }
}

extension JSONEncoder {
    /// Keys in snake case.
    static var alerting: JSONEncoder {
        let encoder = plain
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return encoder
    }

    /// Keys as they are, sorted; numbers that JSON has none for as text.
    package static var plain: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        return encoder
    }
}
