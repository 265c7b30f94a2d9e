import ConfigurationFile
import Glibc

extension SmallFile {
    /// The text of a file with a token, without the line feed at its end.
    static func token(_ path: String) throws(Unreadable) -> String {
        let octets = try read(path)
        let text = octets.split(whereSeparator: { $0 <= 0x20 }).first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard !text.isEmpty else { throw Unreadable(message: "is empty") }
        return text
    }

    /// Whether there is something at the path that can be read.
    static func exists(_ path: String) -> Bool {
        unsafe access(path, R_OK) == 0
    }
}
