import Foundation

/// Runs work that recurses as deep as its input says, on a thread with a stack for it.
enum LargeStack {
    /// For libyaml's at most 1,000 levels of nesting.
    private static let octets = 16 << 20

    /// Only one thread touches it at a time: the semaphore stands between.
    private final class Box<Value>: @unchecked Sendable {
        var value: Value?
    }

    /// What `work` returns, which the calling thread waits for; nil where it never ran.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) -> Value? {
        let box = Box<Value>()
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            box.value = work()
            done.signal()
        }
        thread.stackSize = octets
        thread.start()
        done.wait()
        return box.value
    }
}
