/// What an attack may cost a weir with one receive thread at most, MiB of RSS beyond what it took before. docs/security.md repeats it.
enum Bounds {
    /// What each attack may cost that leaves no state behind: allocations that stay with the allocator, larger batches.
    static let nothingKept = 32
    /// Sessions: 4,096 of about 8 KiB with their dictionaries, and their statuses twice while a scrape adds them up.
    static let sessions = 48
    /// What sessions of new addresses may hold: half of a shard's 48 MiB of templates and 24 MiB of facts, and a quarter more for the allocator's rounding.
    static let templates = (24 + 12) * 5 / 4
    /// Half of a shard's 32 MiB of kept data sets, 32 MiB of flows that wait for a rate and 32 MiB of running totals, and a quarter more.
    static let waiting = (16 + 16 + 16) * 5 / 4
    /// Interfaces: 8,192 of exporters of which not much is known, of about 1 KiB.
    static let interfaces = 12
    /// 2,000 pairs, the heaviest flows of the attack's minutes, 16,384 records that wait for another view.
    static let pairs = 48

    /// By how much RSS may be above the middle's at the end of a soak.
    static let soakGrowth = 1.05
    /// By how much its height in the second half may be above that in the first, of one too short to see it go up and down often.
    static let shortSoakGrowth = 1.25
}
