import Collector
import Exporters
import FlowModel
import FlowProtocols
import Foundation
import PacketCapture
import Synchronization

/// `weir decode`: flows of captures or of live traffic, one a line; or the metrics that a capture makes.
package enum DecodeRun {
    /// Runs to the end of the captures, or until it is interrupted; what it prints goes to standard output, its summary to standard error.
    ///
    /// - Returns: whether anything could be decoded, and every file be read to its end.
    package static func run(_ options: DecodeOptions) throws -> Bool {
        // Whether the reader has gone is seen where it is written to (`StandardOutput`).
        signal(SIGPIPE, SIG_IGN)
        return switch options.output {
        case .metrics: try CaptureMetrics.run(options)
        case .flows(let form): try options.listen.isEmpty ? readCaptures(options, form) : try listen(options, form)
        }
    }

    private static func readCaptures(_ options: DecodeOptions, _ form: FlowFormatter.Form) throws -> Bool {
        var printer = FlowPrinter(form: form, options: options, names: try DecodeNames.find(options.configuration, keepsWatching: false))
        var lastReceived = Timestamp.unknown
        var isWhole = true
        for file in options.files where !printer.isFinished {
            isWhole =
                CaptureDatagrams.forEach(in: file, ports: options.ports) { datagram in
                    lastReceived = datagram.timestamp
                    let key = SessionKey(datagram)
                    unsafe datagram.payload.withUnsafeBytes { payload in unsafe printer.print(payload, from: key, at: datagram.timestamp) }
                    return !printer.isFinished
                } && isWhole
        }
        printer.finish(at: lastReceived)
        StandardError.write(printer.summary.line)
        return isWhole && printer.summary.flows > 0
    }

    private static func listen(_ options: DecodeOptions, _ form: FlowFormatter.Form) throws -> Bool {
        let signals = SignalWaiter([SIGINT, SIGTERM])
        let names = try DecodeNames.find(options.configuration, keepsWatching: true)
        defer { names?.stop() }
        var configuration = options.configuration.collector
        configuration.listen = options.listen
        configuration.listenTCP = []
        // One thread: lines stay whole and in the order of arrival.
        configuration.threads = 1
        let sink = PrintingSink(FlowPrinter(form: form, options: options, names: names)) { signals.interrupt() }
        let collector = try Collector(configuration: configuration) { _ in sink }
        try collector.start()
        for address in collector.boundAddresses { StandardError.write("listening on \(address)\n") }
        _ = signals.wait()
        Blocking.run { await collector.stop() }
        let summary = sink.finish()
        StandardError.write(summary.line)
        // Nothing may have been sent yet, which is no failure of live decoding.
        return summary.flows > 0 || summary.datagrams == 0
    }
}

/// Decodes datagrams and prints their flows.
struct FlowPrinter {
    private let formatter: FlowFormatter
    private let maximumFlows: UInt64
    private let names: DecodeNames?
    /// One session, and what its options data say of sampling.
    private struct Session {
        var decoder = SessionDecoder()
        var exporter: ExporterSession

        init(_ key: SessionKey) {
            exporter = ExporterSession(
                address: key.address, sourcePort: key.sourcePort, localPort: key.localPort, configuration: nil, defaultSamplingRate: 1)
        }
    }

    private var sessions: [SessionKey: Session] = [:]
    private var batch = FlowBatch(wantsDetail: true)
    private var output: [UInt8] = []
    private(set) var summary = DecodeSummary()
    private var printed: UInt64 = 0

    init(form: FlowFormatter.Form, options: DecodeOptions, names: DecodeNames?) {
        formatter = FlowFormatter(form: form)
        maximumFlows = options.maximumFlows.map { UInt64(clamping: $0) } ?? .max
        self.names = names
    }

    /// Whether as many flows have been printed as were asked for.
    var isFinished: Bool { printed >= maximumFlows }

    /// Decodes one datagram and prints what it held.
    mutating func print(_ payload: UnsafeRawBufferPointer, from key: SessionKey, at time: Timestamp) {
        batch.removeAll()
        var session = sessions.removeValue(forKey: key) ?? Session(key)
        defer { sessions[key] = session }
        let datagram = unsafe session.decoder.decode(payload, receivedAt: time, into: &batch)
        session.exporter.learn(batch.facts, at: time)
        summary.note(datagram, batch.flows)
        let table = names?.table(at: time)
        for (var flow, detail) in zip(batch.flows, batch.details) where !isFinished {
            if flow.samplingRate == 0 { flow.samplingRate = session.exporter.announcedRate(for: flow) ?? 0 }
            var context = FlowFormatter.Context(received: time, sampler: key.address)
            if let table { (context.source, context.destination) = table.ends(of: flow, receivedAt: time) }
            formatter.append(flow, detail: detail, context: context, to: &output)
            printed += 1
        }
        flush()
    }

    /// Notes what never could be decoded.
    mutating func finish(at time: Timestamp) {
        let end = time.advanced(by: 3_600_000_000_000)
        for key in sessions.keys {
            summary.note(.missingTemplate, times: sessions[key]?.decoder.expire(at: end) ?? 0)
        }
    }

    private mutating func flush() {
        guard !output.isEmpty else { return }
        StandardOutput.write(output)
        output.removeAll(keepingCapacity: true)
    }
}

/// Prints what a collector receives.
private final class PrintingSink: DatagramSink, Sendable {
    private let printer: Mutex<FlowPrinter>
    private let whenFinished: @Sendable () -> Void

    init(_ printer: FlowPrinter, whenFinished: @escaping @Sendable () -> Void) {
        self.printer = Mutex(printer)
        self.whenFinished = whenFinished
    }

    func receive(_ batch: borrowing DatagramBatch) {
        printer.withLock { printer in
            for index in 0..<batch.count where !printer.isFinished {
                let datagram = batch[index]
                let key = SessionKey(address: datagram.source, sourcePort: datagram.sourcePort, localPort: batch.localPort)
                unsafe printer.print(datagram.payload, from: key, at: datagram.received)
            }
            if printer.isFinished { whenFinished() }
        }
    }

    func idle(now: Timestamp) {}

    func drained(now: Timestamp) {}

    func finish() -> DecodeSummary {
        printer.withLock { printer in
            printer.finish(at: WallClock.now)
            return printer.summary
        }
    }
}
