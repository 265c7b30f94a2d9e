import CLinuxSockets
import Glibc

/// Starts a detached thread that runs `body`, visible by `name` (15 octets) in `top -H`.
func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SocketError) {
    final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
    var thread = pthread_t()
    let code = unsafe pthread_create(
        &thread, nil,
        { argument in
            guard let argument = unsafe argument else { return nil }
            let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
            unsafe weir_prepare_thread(start.name)
            start.body()
            return nil
        }, start.toOpaque())
    guard code == 0 else {
        unsafe start.release()
        throw SocketError("start thread \(name)", code: code)
    }
    pthread_detach(thread)
}
