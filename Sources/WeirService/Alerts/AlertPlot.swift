import Foundation
import HTTPServer

/// A series around the time an alert fired, and what was expected of it, as a picture in the page.
struct AlertPlot {
    private static let width = 760.0
    private static let height = 220.0
    private static let left = 64.0
    private static let bottom = 24.0
    private static let top = 8.0

    private let history: [Double]
    private let expected: [Double]
    private let limit: Double?
    private let unit: String
    /// Seconds between two values.
    private let step: Double
    /// When the last one ended, seconds since 1970.
    private let end: Double

    /// Nil where there is nothing to be drawn.
    init?(history: [Double], expected: [Double], limit: Double?, unit: String, step: Double, end: Double) {
        guard history.count > 1, history.contains(where: \.isFinite) else { return nil }
        self.history = history
        self.expected = expected
        self.limit = limit.flatMap { $0.isFinite ? $0 : nil }
        self.unit = unit
        self.step = step
        self.end = end
    }

    /// Inline SVG.
    var svg: String {
        let points = history + expected + (limit.map { [$0] } ?? [])
        let largest = max(points.filter(\.isFinite).max() ?? 1, 1e-9) * 1.08
        let y: (Double) -> Double = { Self.top + (Self.height - Self.top - Self.bottom) * (1 - max($0, 0) / largest) }
        let x: (Int) -> Double = { [count = history.count] in Self.left + (Self.width - Self.left - 8) * Double($0) / Double(max(count - 1, 1)) }
        var parts: [String] = []
        for share in [0, 0.5, 1.0] {
            let value = largest / 1.08 * share
            parts.append(
                """
                <line x1="\(Self.number(Self.left))" x2="\(Self.number(Self.width - 8))" y1="\(Self.number(y(value)))" y2="\(Self.number(y(value)))" class="grid"/>\
                <text x="\(Self.number(Self.left - 6))" y="\(Self.number(y(value) + 4))" text-anchor="end">\(AlertNumbers.axis(value, unit).htmlEscaped)</text>
                """)
        }
        for (index, anchor) in [(0, "start"), (history.count - 1, "end")] {
            let time = end - step * Double(history.count - 1 - index)
            parts.append(
                "<text x=\"\(Self.number(x(index)))\" y=\"\(Self.number(Self.height - 6))\" text-anchor=\"\(anchor)\">\(AlertNumbers.clock(time).htmlEscaped)</text>"
            )
        }
        if let limit {
            parts.append(
                "<line x1=\"\(Self.number(Self.left))\" x2=\"\(Self.number(Self.width - 8))\" y1=\"\(Self.number(y(limit)))\" y2=\"\(Self.number(y(limit)))\" class=\"limit\"/>"
            )
        }
        parts += Self.lines(expected, x, y).map { "<polyline points=\"\($0)\" class=\"expected\"/>" }
        parts += Self.lines(history, x, y).map { "<polyline points=\"\($0)\" class=\"value\"/>" }
        if let last = history.last, last.isFinite {
            parts.append("<circle cx=\"\(Self.number(x(history.count - 1)))\" cy=\"\(Self.number(y(last)))\" r=\"3.5\" class=\"dot\"/>")
        }
        return """
            <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-label="What was measured, in \(AlertNumbers.words(of: unit).htmlEscaped)\(expected.isEmpty ? "" : ", and what was expected")" class="plot">
            \(parts.joined(separator: "\n"))
            </svg>
            """
    }

    /// The runs of values that are there; a gap is one.
    private static func lines(_ values: [Double], _ x: (Int) -> Double, _ y: (Double) -> Double) -> [String] {
        var lines: [[String]] = [[]]
        for (index, value) in values.enumerated() {
            if value.isFinite {
                lines[lines.count - 1].append("\(number(x(index))),\(number(y(value)))")
            } else if lines.last?.isEmpty == false {
                lines.append([])
            }
        }
        // A point by itself is a line to where it is, of which the ends are drawn.
        return lines.filter { !$0.isEmpty }.map { ($0.count > 1 ? $0 : $0 + $0).joined(separator: " ") }
    }

    private static func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
