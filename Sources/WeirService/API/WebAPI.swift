import Exporters
import FlowModel
import Foundation
import HTTPServer
import Metrics

/// What is served over HTTP, and where.
struct WebAPI: Sendable {
    private unowned let service: Service

    init(_ service: Service) {
        self.service = service
    }

    var router: Router {
        var routes = Router()
        routes.get("/") { _ in OverviewPage(service).response }
        routes.get("/metrics") { metrics($0) }
        addProbes(to: &routes)
        routes.post("/-/reload") { reload($0) }
        routes.get("/api/v1/exporters") { _ in answer(service.exporters) }
        routes.get("/api/v1/endpoints") { EndpointsQuery($0).answer(service.knownEndpoints, now: WallClock.now) }
        routes.get("/api/v1/flows") {
            FlowsQuery($0, now: WallClock.now).answer(service.pipeline.totals, labels: service.configuration.identity.labels.endNames)
        }
        if let watch = service.watch { addAlerts(watch, to: &routes) }
        routes.get("/api/v1/status/config") { _ in answer(["yaml": service.configuration.describe()]) }
        routes.get("/api/v1/status/buildinfo") { _ in answer(BuildInfo.current) }
        return routes
    }

    private func addAlerts(_ watch: WatchService, to routes: inout Router) {
        watch.alerts.addRoutes(to: &routes)
        routes.get("/api/v1/baseline") { _ in BaselineAPI.get(watch.baseline) }
        routes.post("/api/v1/baseline") { request in
            guarded(request, "changing the baseline") { BaselineAPI.post(request) { watch.add($0) } }
        }
    }

    /// What probes may ask that have neither certificate nor password.
    var probeRouter: Router {
        var routes = Router()
        addProbes(to: &routes)
        return routes
    }

    private func addProbes(to routes: inout Router) {
        routes.get("/-/healthy") { _ in .text("Weir is healthy.\n") }
        routes.get("/-/ready") { _ in service.unreadiness.map { .text("Weir is not ready: \($0).\n", status: 503) } ?? .text("Weir is ready.\n") }
    }

    private func metrics(_ request: HTTPRequest) -> HTTPResponse {
        var parts: Set<MetricsPart> = []
        for value in request.queryValues("collect[]") {
            guard let part = MetricsPart(rawValue: value) else {
                let words = MetricsPart.allCases.map(\.rawValue).joined(separator: ", ")
                return .text("collect[]=\(value): expected one of \(words)\n", status: 400)
            }
            parts.insert(part)
        }
        if parts.isEmpty { parts = Set(MetricsPart.allCases) }
        if parts.contains(.flows) { service.pipeline.totals.takeOver(now: WallClock.now, monotonic: WallClock.monotonic) }
        let format = ExpositionFormat(accept: request.header("Accept"))
        var stream = MetricsStream(service.metricsSource, format: format, parts: parts)
        return HTTPResponse(contentType: format.contentType, body: .stream { stream.next(into: &$0) })
    }

    private func reload(_ request: HTTPRequest) -> HTTPResponse {
        guarded(request, "reloading", otherwise: ", or send SIGHUP") {
            let outcome = service.reload()
            let lines = [outcome.isDone ? "reloaded" : "not reloaded"] + outcome.messages
            return .text(lines.map { "\($0)\n" }.joined(), status: outcome.isDone ? 200 : 500)
        }
    }

    /// Lets only those change something who may, and logs it.
    private func guarded(_ request: HTTPRequest, _ what: String, otherwise: String = "", _ body: () -> HTTPResponse) -> HTTPResponse {
        guard request.identity != nil || service.configuration.web.enableLifecycle else {
            service.logger.warning("\(what) over HTTP refused", metadata: ["address": "\(request.remoteAddress)"])
            return .text(
                "\(what) over HTTP is not enabled: configure users or client certificates, or set web.enable_lifecycle\(otherwise)\n", status: 403)
        }
        let who = request.identity.map(\.description) ?? "anybody"
        service.logger.notice("\(what) asked for over HTTP", metadata: ["address": "\(request.remoteAddress)", "by": "\(who)"])
        return body()
    }

    private func answer(_ content: some Encodable) -> HTTPResponse {
        do {
            return .json(try Envelope(data: content).encoded())
        } catch {
            return .json(ErrorEnvelope(errorType: "internal", error: "\(error)").encoded, status: 500)
        }
    }
}

extension Service {
    /// The exporters as they stand; the identity table tells the nodes of those whose configuration doesn't.
    var exporters: [ExporterStatus] {
        let identity = pipeline.shared.current().view.identity
        return ExporterInventory.exporters(from: pipeline.totals.gather().sessions, configuration: configuration.exporters).map { exporter in
            var exporter = exporter
            if exporter.node == nil, let address = IPAddress(exporter.address) {
                exporter.node = identity.nodeName(of: address)
            }
            return exporter
        }
    }

    /// What is known of the ends of flows.
    var knownEndpoints: KnownEndpoints {
        KnownEndpoints(identity: pipeline.shared.current().view.identity, registry: pipeline.registry, cluster: cluster)
    }

    /// What `/metrics` is made of.
    var metricsSource: MetricsSource {
        MetricsSource(
            totals: pipeline.totals, nodeTraffic: pipeline.nodeTraffic, registry: pipeline.registry, shared: pipeline.shared,
            configuration: { [unowned self] in configuration },
            collector: collector, cluster: cluster, own: own, watch: watch, monotonicEpoch: WallClock.now.nanoseconds - WallClock.monotonic)
    }
}
