/// Puts the head of an answer together from its lines.
struct HeadReader {
    /// What a line brought.
    enum Step {
        case more
        case head(HTTPResponseHead)
        /// There are more octets than allowed.
        case tooLong
        /// A status line that is none.
        case malformed
    }

    private let maximumOctets: Int
    private var octets = 0
    private var head: HTTPResponseHead?
    /// Whether the head is out, so that lines are trailers.
    private(set) var isDone = false

    init(maximumOctets: Int) {
        self.maximumOctets = maximumOctets
    }

    /// Takes in a line with its end.
    mutating func take(_ line: some Collection<UInt8>) -> Step {
        octets = octets &+ line.count
        guard octets <= maximumOctets else { return .tooLong }
        guard !isDone else { return .more }
        let text = String(decoding: line, as: UTF8.self)
        guard head != nil else { return begin(text) }
        if text.allSatisfy(\.isNewline) { return end() }
        add(text)
        return .more
    }

    /// RFC 9112 §4: `HTTP/1.1 200 OK`.
    private mutating func begin(_ line: String) -> Step {
        let words = line.split(maxSplits: 2, whereSeparator: \.isWhitespace)
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]), 100...999 ~= status else { return .malformed }
        head = HTTPResponseHead(status: status)
        return .more
    }

    private mutating func end() -> Step {
        guard let head else { return .malformed }
        // RFC 9110 §15.2: an interim answer, behind which the final one comes.
        if head.status < 200 {
            self.head = nil
            return .more
        }
        isDone = true
        return .head(head)
    }

    private mutating func add(_ line: String) {
        let trimmed = line.trimmed
        if line.first?.isWhitespace == true {
            // RFC 9112 §5.2: the line before goes on.
            guard let last = head?.headers.indices.last else { return }
            head?.headers[last].value += " " + trimmed
            return
        }
        guard let colon = trimmed.firstIndex(of: ":") else { return }
        head?.headers.append((trimmed[..<colon].lowercased(), String(trimmed[colon...].dropFirst()).trimmed))
    }
}

extension String {
    fileprivate var trimmed: String {
        let start = drop(while: \.isWhitespace)
        return String(start[..<(start.lastIndex { !$0.isWhitespace }.map(start.index(after:)) ?? start.startIndex)])
    }
}
