import FlowModel

/// The templates of a session, as they are kept over a restart: over UDP an exporter may not send them again for half an hour.
package struct SavedTemplates: Sendable, Equatable, Codable {
    /// One template or options template.
    package struct Template: Sendable, Equatable, Codable {
        /// 9 or 10: the version field of the messages it was sent in.
        package var version: UInt16
        /// Observation domain, source id.
        package var domain: UInt32
        /// 256...65535.
        package var id: UInt16
        /// How many of the fields, from the first, are scopes; nil for a template that is no options template.
        package var scopeCount: Int?
        /// The fields in their order, scopes first.
        package var fields: [TemplateField]

        /// A template as it was sent.
        package init(version: UInt16, domain: UInt32, id: UInt16, scopeCount: Int? = nil, fields: [TemplateField]) {
            self.version = version
            self.domain = domain
            self.id = id
            self.scopeCount = scopeCount
            self.fields = fields
        }

        var exportProtocol: ExportProtocol { version == 9 ? .netflow9 : .ipfix }
    }

    /// In ascending order of version, domain and id.
    package var templates: [Template]

    /// These templates.
    package init(templates: [Template] = []) {
        self.templates = templates
    }
}
