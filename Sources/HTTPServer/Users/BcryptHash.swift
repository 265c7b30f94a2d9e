import CCrypt
import Glibc

/// A password's bcrypt hash, `$2b$10$` and 53 characters behind it; it does not print.
package struct BcryptHash: Sendable, Hashable, CustomStringConvertible {
    /// Why a text is none.
    package struct Invalid: Error, Equatable {
        /// Worded to follow the hash or what stands for it.
        package let message: String
    }

    /// The costs that are taken: each more doubles the time, and 16 takes seconds.
    package static let costs = 4...16

    /// The hash as it is compared; `$2a$` and `$2y$` name the same algorithm as `$2b$` for what any tool of today has written.
    private let text: [UInt8]
    /// 2 to the power of this is how often the key is mixed.
    package let cost: Int

    private static let settingLength = 29
    private static let length = 60

    /// Reads a hash of the variants `$2a$`, `$2b$` and `$2y$`.
    package init(_ hash: String) throws(Invalid) {
        let bytes = Array(hash.utf8)
        guard bytes.count == Self.length, bytes.starts(with: Array("$2".utf8)), bytes[3] == UInt8(ascii: "$"), bytes[6] == UInt8(ascii: "$") else {
            throw Invalid(message: "is not a bcrypt hash ($2b$, $2a$ or $2y$, 60 characters; htpasswd -nBC 10 USER makes one)")
        }
        guard [UInt8(ascii: "a"), UInt8(ascii: "b"), UInt8(ascii: "y")].contains(bytes[2]) else {
            throw Invalid(message: "is a variant of bcrypt that is not taken (write $2b$, $2a$ or $2y$)")
        }
        guard bytes[7...].allSatisfy(Self.isDigit), let cost = Int(String(decoding: bytes[4..<6], as: UTF8.self)) else {
            throw Invalid(message: "has characters that no bcrypt hash has")
        }
        guard Self.costs.contains(cost) else {
            throw Invalid(message: "has a cost of \(cost), which is not one of \(Self.costs.lowerBound) to \(Self.costs.upperBound)")
        }
        text = Array("$2b$".utf8) + bytes[4...]
        self.cost = cost
    }

    /// Whether it is this password's; takes its time, always the same for one cost.
    package func matches(_ password: [UInt8]) -> Bool {
        // What a C string cannot carry, or libxcrypt does not take, is nobody's password.
        guard !password.contains(0), password.count < 512 else { return false }
        let size = CCRYPT_DATA_SIZE
        let scratch = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        unsafe scratch.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        defer {
            unsafe explicit_bzero(scratch, size)
            unsafe scratch.deallocate()
        }
        let phrase = (password + [0]).map { CChar(bitPattern: $0) }
        let setting = (text.prefix(Self.settingLength) + [0]).map { CChar(bitPattern: $0) }
        guard let made = unsafe crypt_rn(phrase, setting, scratch, Int32(size)) else { return false }
        let computed = unsafe Array(String(cString: made).utf8)
        guard computed.count == text.count else { return false }
        return ConstantTime.isEqual(computed[Self.settingLength...], text[Self.settingLength...])
    }

    package var description: String { "<secret>" }

    /// The characters of bcrypt's own base64.
    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "/"): true
        default: false
        }
    }
}

/// Comparisons whose time does not tell where two texts differ.
enum ConstantTime {
    static func isEqual(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
