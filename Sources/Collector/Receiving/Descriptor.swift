import Glibc
import Synchronization

/// A file descriptor that is closed once: when told to, or with its last reference.
final class Descriptor: Sendable {
    let number: Int32
    private let isOpen = Atomic(true)

    init(_ number: Int32) {
        self.number = number
    }

    deinit {
        close()
    }

    func close() {
        if isOpen.exchange(false, ordering: .relaxed) { Glibc.close(number) }
    }
}
