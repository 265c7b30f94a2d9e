/// How a state file looks: one line of header, then the content.
///
///     weir-state templates 3 1234 9ae0daaf
///
/// That is the magic word, the file's name, the version of its content, the content's octets, and the CRC-32 (in hexadecimal) of the
/// header up to it and of the content. The name tells a file that was copied to another's place.
package enum StateFileFormat {
    /// Why a file's content cannot be used, worded to follow its name.
    package struct Damage: Error {
        package let message: String
    }

    private static let magic = "weir-state"
    private static let longestHeader = 512

    /// The octets of a file.
    package static func encode(name: String, version: Int, content: [UInt8]) -> [UInt8] {
        let front = "\(magic) \(name) \(version) \(content.count)"
        return Array("\(front) \(checksum(front, content[...]))\n".utf8) + content
    }

    /// The content of a file that is whole, is called `name` and has `version`. Throws what is wrong with it.
    package static func decode(_ octets: [UInt8], name: String, version: Int) throws(Damage) -> ArraySlice<UInt8> {
        guard let end = octets.prefix(longestHeader).firstIndex(of: UInt8(ascii: "\n")),
            let header = String(validating: octets[..<end], as: UTF8.self)
        else { throw Damage(message: "does not begin with Weir's header") }
        let words = header.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 5, words[0] == magic, let found = Int(words[2]), let count = Int(words[3]) else {
            throw Damage(message: "does not begin with Weir's header")
        }
        let content = octets[(end + 1)...]
        guard content.count == count else { throw Damage(message: "has \(content.count) of its \(count) octets") }
        guard words[4] == checksum(words[..<4].joined(separator: " "), content) else { throw Damage(message: "does not match its checksum") }
        guard words[1] == name else { throw Damage(message: "is the file of \"\(words[1])\"") }
        guard found == version else { throw Damage(message: "is of version \(found), and this Weir reads version \(version)") }
        return content
    }

    private static func checksum(_ front: String, _ content: ArraySlice<UInt8>) -> String {
        var sum = CRC32()
        sum.add(front.utf8)
        sum.add(content)
        let digits = String(sum.value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
