import Foundation

/// A thread with a large stack, for work that recurses as deep as its input says.
enum DeepStack {
    /// Yams recurses through libyaml's at most 1,000 levels of nesting with more than 2 KiB for each, which is more than many threads have.
    private static let octets = 16 << 20

    /// The work, and then its result. Only one thread touches it at a time: the semaphore stands between.
    private final class Task<Value>: @unchecked Sendable {
        let work: () -> Value
        var result: Value?

        init(_ work: @escaping () -> Value) {
            self.work = work
        }
    }

    /// What `work` returns, which the calling thread waits for; nil where it never ran.
    static func run<Value>(_ work: @escaping () -> Value) -> Value? {
        let task = Task(work)
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            task.result = task.work()
            done.signal()
        }
        thread.stackSize = octets
        thread.start()
        done.wait()
        return task.result
    }
}
