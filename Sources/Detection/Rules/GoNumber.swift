import Foundation

/// Numbers as Prometheus prints them, which is as Go's `fmt` and `strconv` do: for templates and for answers that Prometheus' readers parse.
package enum GoNumber {
    /// The shortest text that is this number, as `%v`: `1.5`, `1e+06`, `NaN`, `+Inf`.
    package static func shortest(_ value: Double) -> String {
        guard value.isFinite else { return special(value) }
        let (sign, digits, point) = decimal(value)
        // strconv's 'g' with the shortest precision: an exponent below -4, or of 6 and more, is written out.
        if point - 1 < -4 || point - 1 >= 6 { return sign + exponential(digits, point) }
        if point <= 0 { return "\(sign)0.\(String(repeating: "0", count: -point))\(digits)" }
        if digits.count <= point { return sign + digits + String(repeating: "0", count: point - digits.count) }
        return "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))"
    }

    /// With an exponent always, as `strconv.FormatFloat(value, 'e', -1, 64)`: `1.5e+00`.
    package static func scientific(_ value: Double) -> String {
        guard value.isFinite else { return special(value) }
        let (sign, digits, point) = decimal(value)
        return sign + exponential(digits, point)
    }

    /// Four significant digits, as `%.4g`.
    package static func fourDigits(_ value: Double) -> String {
        value.isFinite ? String(format: "%.4g", value) : special(value)
    }

    private static func special(_ value: Double) -> String {
        value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf"
    }

    private static func exponential(_ digits: String, _ point: Int) -> String {
        let fraction = digits.dropFirst()
        let exponent = point - 1
        let magnitude = "\(abs(exponent))"
        let padded = magnitude.count < 2 ? "0" + magnitude : magnitude
        return "\(digits.prefix(1))\(fraction.isEmpty ? "" : ".\(fraction)")e\(exponent < 0 ? "-" : "+")\(padded)"
    }

    /// The fewest digits that tell it from its neighbours, without zeros at either end, and how many of them stand before the point.
    private static func decimal(_ value: Double) -> (sign: String, digits: String, point: Int) {
        let sign = value.sign == .minus ? "-" : ""
        guard value != 0 else { return (sign, "0", 1) }
        let parts = value.magnitude.description.split(separator: "e")
        let halves = parts[0].split(separator: ".")
        let whole = String(halves[0])
        let text = whole + (halves.count > 1 ? String(halves[1]) : "")
        let leading = text.prefix { $0 == "0" }.count
        var digits = String(text.dropFirst(leading))
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        return (sign, digits, whole.count - leading + exponent)
    }
}

extension GoNumber {
    /// Prometheus' `humanize`: with a prefix of the SI (`1.234M`, `12m`).
    package static func humanize(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return fourDigits(value) }
        var value = value
        var prefix = ""
        if abs(value) >= 1 {
            for next in ["k", "M", "G", "T", "P", "E", "Z", "Y"] where abs(value) >= 1000 {
                prefix = next
                value /= 1000
            }
            return fourDigits(value) + prefix
        }
        return small(value)
    }

    /// Prometheus' `humanizePercentage`, of a ratio: `12.5%`.
    package static func humanizePercentage(_ ratio: Double) -> String {
        fourDigits(ratio * 100) + "%"
    }

    /// Prometheus' `humanizeDuration`, of seconds: `1h 2m 3s`.
    package static func humanizeDuration(_ seconds: Double) -> String {
        guard seconds.isFinite else { return fourDigits(seconds) }
        guard seconds != 0 else { return "0s" }
        guard abs(seconds) >= 1 else { return small(seconds) + "s" }
        let sign = seconds < 0 ? "-" : ""
        let whole = Int64(exactly: abs(seconds).rounded(.towardZero)) ?? .max
        let (days, hours, minutes, rest) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60, whole % 60)
        if days != 0 { return "\(sign)\(days)d \(hours)h \(minutes)m \(rest)s" }
        if hours != 0 { return "\(sign)\(hours)h \(minutes)m \(rest)s" }
        if minutes != 0 { return "\(sign)\(minutes)m \(rest)s" }
        return sign + fourDigits(abs(seconds)) + "s"
    }

    private static func small(_ value: Double) -> String {
        var value = value
        var prefix = ""
        for next in ["m", "u", "n", "p", "f", "a", "z", "y"] where abs(value) < 1 {
            prefix = next
            value *= 1000
        }
        return fourDigits(value) + prefix
    }
}
