import CLinuxSockets

/// How the process deals with memory that it no longer needs.
package enum ProcessMemory {
    /// Has large pieces go back to the system as soon as they are freed: tables grow and shrink with the traffic, and glibc would keep the largest of each.
    package static func giveBack() {
        weir_return_memory()
    }
}
