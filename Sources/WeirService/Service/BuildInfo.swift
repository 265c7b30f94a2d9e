/// What this build is: `weir_build_info`, `/api/v1/status/buildinfo`, `weir --version`.
package struct BuildInfo: Sendable, Encodable {
    /// Semantic version.
    package let version: String
    /// The Swift compiler's language version it was built with.
    package let swiftVersion: String

    /// This build.
    package static let current = BuildInfo(version: "0.1.0", swiftVersion: compilerVersion)

    private static var compilerVersion: String {
        #if compiler(>=6.4)
            "6.4+"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }
}
