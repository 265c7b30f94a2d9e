import ConfigurationFile
import Foundation
import HTTPClient
import Synchronization

/// Sends one request and says what became of it.
struct HTTPSender: Sendable {
    /// How much of an answer is kept, for the log.
    private static let keptOctets = 512

    let transport: HTTPTransport

    /// Sends; `done` is called once, on the transport's thread.
    func send(
        _ request: ClientRequest, _ done: @escaping @Sendable (_ outcome: Outcome, _ status: Int?, _ body: [UInt8]) -> Void, keeping: Int = keptOctets
    ) {
        let answer = Mutex((status: 0, body: [UInt8]()))
        let box = AnswerBox(answer)
        transport.start(request) { event in
            switch event {
            case .head(let head): box.answer.withLock { $0.status = head.status }
            case .octets(let octets):
                box.answer.withLock { if $0.body.count < keeping { $0.body += octets.prefix(keeping - $0.body.count) } }
            case .end(let failure):
                let (status, body) = box.answer.withLock { $0 }
                if let failure {
                    done(Outcome(failure), nil, body)
                } else {
                    done(Outcome(status: status, body: Self.text(body)), status, body)
                }
            }
        }
    }

    private final class AnswerBox: Sendable {
        let answer: Mutex<(status: Int, body: [UInt8])>

        init(_ answer: consuming sending Mutex<(status: Int, body: [UInt8])>) {
            self.answer = answer
        }
    }

    /// The beginning of an answer, on one line.
    private static func text(_ body: [UInt8]) -> String {
        let text = String(decoding: body.prefix(keptOctets), as: UTF8.self)
        return String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) }).trimmingCharacters(in: .whitespaces)
    }
}

extension AlertingConfiguration.HTTPReceiver {
    /// A request to it. Throws what is wrong with the file of its secret.
    func request(path: String, body: [UInt8]) throws(SmallFile.Unreadable) -> ClientRequest {
        var headers = [(name: "Content-Type", value: "application/json"), (name: "User-Agent", value: "weir")]
        switch authentication {
        case .none: break
        case .basic(let user, let password):
            let text = "\(user):\(try Self.reveal(password))"
            headers.append((name: "Authorization", value: "Basic \(Data(text.utf8).base64EncodedString())"))
        case .bearer(let token): headers.append((name: "Authorization", value: "Bearer \(try Self.reveal(token))"))
        }
        return ClientRequest(
            method: .post, url: url + path, headers: headers, body: body, connectTimeout: .nanoseconds(timeout), totalTimeout: .nanoseconds(timeout),
            tls: tls)
    }

    private static func reveal(_ secret: AlertingConfiguration.SecretSource) throws(SmallFile.Unreadable) -> String {
        switch secret {
        case .inline(let secret): return secret.revealed
        case .file(let path):
            do {
                var text = String(decoding: try SmallFile.read(path), as: UTF8.self)
                while text.last?.isNewline == true { text.removeLast() }
                return text
            } catch {
                throw SmallFile.Unreadable(message: "\(path) \(error.message)")
            }
        }
    }
}
