import Foundation

/// Several measurements of one thing.
struct Spread {
    var values: [Double] = []

    var median: Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return .nan }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    /// The median, and the least and the most where there are several.
    func text(_ format: String = "%.3f") -> String {
        guard let least = values.min(), let most = values.max() else { return "not available" }
        let median = String(format: format, median)
        return values.count < 2 ? median : "\(median) (\(String(format: format, least))–\(String(format: format, most)))"
    }
}

/// A number against its target.
enum Verdict {
    static func atMost(_ limit: Double, _ value: Double) -> String {
        value.isNaN ? "" : value <= limit ? "ok" : "MISSED"
    }

    static func atLeast(_ limit: Double, _ value: Double) -> String {
        value.isNaN ? "" : value >= limit ? "ok" : "MISSED"
    }
}

/// Numbers as people read them.
enum Text {
    static func number(_ value: Double, _ decimals: Int = 0) -> String {
        value.isNaN ? "not available" : String(format: "%.\(decimals)f", value)
    }

    /// Records a second, in millions.
    static func rate(_ value: Double) -> String {
        String(format: "%.2f M/s", value / 1e6)
    }

    static func percent(_ part: Double) -> String {
        part == 0 ? "0" : String(format: "%.2f %%", part * 100)
    }

    static func mebibytes(_ octets: Int) -> String {
        String(format: "%.1f MiB", Double(octets) / 1_048_576)
    }
}
