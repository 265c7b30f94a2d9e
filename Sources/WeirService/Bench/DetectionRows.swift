import Foundation

/// Rows of `timestamp,value`: ISO 8601 (UTC where no zone is said) or Unix seconds; an empty value is no sample.
struct DetectionRows {
    struct Row {
        var second: Int64
        /// As it was written.
        var timestamp: String
        var value: Double?
    }

    /// What is wrong with a line.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    let rows: [Row]

    /// Reads a file; a first line that isn't a row is its header.
    init(path: String, isOrdered: Bool = true) throws {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Mistake(description: "\(path): it can't be read as UTF-8 text")
        }
        try self.init(text, name: path, isOrdered: isOrdered)
    }

    init(_ text: String, name: String, isOrdered: Bool = true) throws {
        var rows: [Row] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
        where !line.allSatisfy(\.isWhitespace) {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
            let place = "\(name):\(index + 1)"
            guard let second = fields.first.flatMap(Self.second), fields.count >= 2 else {
                if index == 0, fields.count >= 2 { continue }
                throw Mistake(description: "\(place): \"\(line.prefix(60))\" is not timestamp,value (try 2026-01-31T12:00:00Z,42 or 1769860800,42)")
            }
            var value: Double?
            if !fields[1].isEmpty {
                value = Double(fields[1])
                guard let value, value.isFinite else { throw Mistake(description: "\(place): \"\(fields[1].prefix(40))\" is not a number") }
            }
            if isOrdered, let last = rows.last, second <= last.second {
                throw Mistake(description: "\(place): \(fields[0]) is not later than the row before it")
            }
            rows.append(Row(second: second, timestamp: fields[0], value: value))
        }
        guard !rows.isEmpty else { throw Mistake(description: "\(name): there is no row of timestamp,value") }
        self.rows = rows
    }

    /// Seconds since 1970 of a timestamp.
    static func second(_ text: String) -> Int64? {
        if let number = Double(text) { return number >= 0 && number < 1e11 ? Int64(number) : nil }
        let octets = Array(text.utf8)
        guard octets.count >= 19, octets[4] == UInt8(ascii: "-"), octets[7] == octets[4],
            [UInt8(ascii: "T"), UInt8(ascii: " ")].contains(octets[10]),
            octets[13] == UInt8(ascii: ":"), octets[16] == octets[13]
        else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            octets[range].allSatisfy { 0x30...0x39 ~= $0 } ? octets[range].reduce(0) { $0 * 10 + Int64($1 & 15) } : nil
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13), let minute = number(14..<16),
            let second = number(17..<19), year >= 1970, 1...12 ~= month, 1...31 ~= day, hour < 24, minute < 60, second < 61,
            let zone = zone(octets[19...].drop { $0 == UInt8(ascii: ".") || 0x30...0x39 ~= $0 })
        else { return nil }
        // Days from the civil calendar: years begin in March, so that the leap day is a year's last.
        let shifted = month > 2 ? year : year - 1
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return days * 86_400 + hour * 3600 + minute * 60 + second - zone
    }

    /// Seconds east of UTC.
    private static func zone(_ text: ArraySlice<UInt8>) -> Int64? {
        let text = Array(text)
        if text.isEmpty || text == [UInt8(ascii: "Z")] { return 0 }
        let digits = text.dropFirst().filter { $0 != UInt8(ascii: ":") }
        guard let sign = text.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), digits.count == 4,
            digits.allSatisfy({ 0x30...0x39 ~= $0 })
        else { return nil }
        let number = digits.reduce(0) { $0 * 10 + Int64($1 & 15) }
        return (number / 100 * 3600 + number % 100 * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }
}
