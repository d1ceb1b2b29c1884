#include "models/dram/dram_config.h"

#include "models/dram/dram_map.h"

namespace mambasic::models {

namespace {

constexpr std::uint32_t kMostCycles = 65535;

bool is_power_of_two(std::uint32_t n) { return n != 0 && (n & (n - 1)) == 0; }

DramStream parse_stream(YamlMap map) {
    DramStream s;
    s.efficiency = map.take_double("efficiency", 0.01, 1, "share of the peak",
                                   "what streaming reaches; refresh and turnarounds take the rest");
    s.read_latency_ns =
        map.take_double("read_latency_ns", 1, 10000, "ns", "first request to first data, unloaded");
    s.write_latency_ns = map.take_double("write_latency_ns", 1, 10000, "ns",
                                         "first data to the end of the write, unloaded");
    map.finish();
    return s;
}

DramOrganization parse_organization(YamlMap map) {
    DramOrganization o;
    const auto count = [&map](const char* key, std::uint32_t most, const char* unit,
                              const char* what) {
        const std::uint32_t n = map.take_u32(key, 1, most, unit, what);
        if (!is_power_of_two(n)) map.reject(key, "must be a power of two");
        return n;
    };
    o.channels = count("channels", 64, "count", "channels, each with a controller of its own");
    o.ranks = count("ranks", 8, "per channel", "ranks, which share a channel's data pins");
    o.pseudo_channels = count("pseudo_channels", 2, "per channel",
                              "halves of a channel with data pins of their own");
    o.bank_groups = count("bank_groups", 8, "per rank or pseudo channel", "bank groups");
    o.banks = count("banks", 16, "per bank group", "banks, each with an open row");
    o.rows = count("rows_per_bank", 1U << 20U, "rows", "an address above the last one wraps");
    o.row_bytes = count("row_bytes", 1U << 16U, "bytes", "of a row, over all devices of a rank");
    o.burst_bytes = count("burst_bytes", 256, "bytes", "that one read or write command moves");
    map.finish();
    constexpr std::uint32_t kMostBanks = 64;
    if (o.ranks > 1 && o.pseudo_channels > 1) {
        map.reject("pseudo_channels", "must be 1 where a channel has ranks");
    }
    if (o.all_banks() > kMostBanks) {
        map.reject("banks", "a channel has " + std::to_string(o.all_banks()) +
                                " banks over its ranks and groups; at most 64");
    }
    if (o.row_bytes < o.burst_bytes) map.reject("row_bytes", "must hold a burst");
    return o;
}

DramCycles parse_timing(YamlMap& map) {
    DramCycles t;
    const auto take = [&map](const char* key, std::uint32_t low, const char* what) {
        return map.take_u32(key, low, kMostCycles, "tCK", what);
    };
    t.burst = take("burst", 1, "data of a burst on the pins");
    t.cl = take("cl", 1, "read command to first data");
    t.cwl = take("cwl", 1, "write command to first data");
    t.rcd_read = take("rcd_read", 1, "activate to read");
    t.rcd_write = take("rcd_write", 1, "activate to write");
    t.rp = take("rp", 1, "precharge to activate, of a bank");
    t.rp_all = take("rp_all", 1, "precharge of all banks to activate or refresh");
    t.ras = take("ras", 1, "activate to precharge");
    t.rc = take("rc", 1, "activate to activate, same bank");
    t.rrd_s = take("rrd_s", 1, "activate to activate, other bank group");
    t.rrd_l = take("rrd_l", 1, "activate to activate, same bank group");
    t.faw = take("faw", 1, "an activate to the fourth one after it");
    t.ccd_s = take("ccd_s", 1, "read to read or write to write, other bank group");
    t.ccd_l = take("ccd_l", 1, "read to read or write to write, same bank group");
    t.wr = take("wr", 1, "last data written to precharge");
    t.rtp = take("rtp", 1, "read to precharge");
    t.wtr_s = take("wtr_s", 1, "last data written to read, other bank group");
    t.wtr_l = take("wtr_l", 1, "last data written to read, same bank group");
    t.burst_in_group = take("burst_in_group", 1, "burst that wtr_l counts from");
    t.read_to_write = take("read_to_write", 0, "bubble between data read and data written");
    t.rank_switch = take("rank_switch", 0, "bubble between data of two ranks");
    t.ppd = take("ppd", 1, "precharge to precharge");
    t.rfc = take("rfc", 1, "refresh of all banks to the next command");
    t.rfc_bank = take("rfc_bank", 1, "refresh of a bank to its next command");
    t.refi = take("refi", 100, "refresh of all banks to the next");
    t.refi_bank = take("refi_bank", 10, "refresh of a bank to that of the next bank");
    t.refresh_bank_to_activate =
        take("refresh_bank_to_activate", 1, "refresh of a bank to activate of another");
    t.refresh_bank_to_refresh =
        take("refresh_bank_to_refresh", 1, "refresh of a bank to refresh of another");
    return t;
}

void check_timing(const DramCycles& t, const YamlMap& map) {
    if (t.burst > t.ccd_s) map.reject("ccd_s", "must not be below burst: the data would overlap");
    if (t.ccd_s > t.ccd_l) map.reject("ccd_l", "must not be below ccd_s");
    if (t.rrd_s > t.rrd_l) map.reject("rrd_l", "must not be below rrd_s");
    if (t.cwl > t.cl + t.burst + t.read_to_write) {
        map.reject("cwl", "must not be above cl + burst + read_to_write");
    }
    if (t.rfc >= t.refi) map.reject("rfc", "must be below refi: nothing but refresh would happen");
    if (t.rfc_bank >= t.refi_bank * 8) map.reject("rfc_bank", "must be below 8 refi_bank");
}

DramCommandBus parse_commands(YamlMap map) {
    constexpr std::uint32_t kLongest = 8;
    DramCommandBus c;
    c.split = map.take_enum<bool>("bus", {{"shared", false}, {"split", true}},
                                  "split: row commands and column commands have pins of their own");
    c.activate_cycles =
        map.take_u32("activate_cycles", 1, kLongest, "tCK", "an activate holds the command pins");
    c.column_cycles =
        map.take_u32("column_cycles", 1, kLongest, "tCK", "a read or write holds the command pins");
    c.precharge_cycles = map.take_u32("precharge_cycles", 1, kLongest, "tCK",
                                      "a precharge or refresh holds the command pins");
    c.activate_deadline =
        map.take_u32("activate_deadline", 0, 64, "tCK",
                     "LPDDR5: from an activate's first command to its second; 0: there is one");
    c.strobe_hold = map.take_u32("strobe_hold", 0, 64, "tCK",
                                 "LPDDR5: behind its data the write clock sleeps after this long, "
                                 "and waking it takes a command; 0: it never sleeps");
    map.finish();
    if (c.split && c.activate_deadline > 0) {
        map.reject("activate_deadline", "must be 0 where the command pins are split");
    }
    if (c.split && c.strobe_hold > 0) {
        map.reject("strobe_hold", "must be 0 where the command pins are split");
    }
    return c;
}

DramControllerConfig parse_controller(YamlMap map, const DramOrganization& organization) {
    DramControllerConfig c;
    c.mapping = map.take_text(
        "mapping", "which bits of an address are what, from the top; ro2 is two bits of the row",
        "fields ro ba bg ra pc co ch");
    c.mapping_xor = map.take_enum<DramMapXor>(
        "mapping_xor", {{"none", DramMapXor::None}, {"column", DramMapXor::Column}},
        "column: its bits, from the lowest on, flip those of rank or pseudo channel, bank group, "
        "bank and row");
    c.page_policy = map.take_enum<PagePolicy>(
        "page_policy", {{"open", PagePolicy::Open}, {"closed", PagePolicy::Closed}},
        "closed: a row closes behind the last waiting access to it");
    c.scheduler = map.take_enum<DramScheduler>(
        "scheduler",
        {{"first_ready", DramScheduler::FirstReady}, {"row_hit_first", DramScheduler::RowHitFirst}},
        "the oldest command that can issue; row_hit_first: none that closes a row which an older "
        "access waits for");
    c.refresh = map.take_enum<DramRefresh>("refresh",
                                           {{"all_bank", DramRefresh::AllBank},
                                            {"per_bank", DramRefresh::PerBank},
                                            {"none", DramRefresh::None}},
                                           "what a refresh closes");
    constexpr std::uint32_t kLongest = 1024;
    c.read_queue = map.take_u32("read_queue", 1, kLongest, "bursts", "reads a channel looks at");
    c.write_queue = map.take_u32("write_queue", 1, kLongest, "bursts", "writes a channel holds");
    c.drain_from = map.take_u32("drain_from", 1, kLongest, "bursts",
                                "so many writes wait: they go before the reads");
    c.drain_to =
        map.take_u32("drain_to", 0, kLongest, "bursts", "so few writes are left: reads go on");
    map.finish();
    if (c.drain_from > c.write_queue) map.reject("drain_from", "must not exceed write_queue");
    if (c.drain_to >= c.drain_from) map.reject("drain_to", "must be below drain_from");
    const std::string problem = DramMap::problem(c.mapping, organization);
    if (!problem.empty()) map.reject("mapping", problem);
    return c;
}

DramEnergy parse_energy(YamlMap map) {
    DramEnergy e;
    e.activate_pj = map.take_banded("activate_pj", "pJ", "a row opened and closed");
    e.read_pj_per_bit = map.take_banded("read_pj_per_bit", "pJ/bit", "read out of an open row");
    e.write_pj_per_bit = map.take_banded("write_pj_per_bit", "pJ/bit", "written into an open row");
    e.io_pj_per_bit = map.take_banded("io_pj_per_bit", "pJ/bit", "pins, PHYs and controller");
    e.refresh_pj =
        map.take_banded("refresh_pj", "pJ", "all banks of a rank or pseudo channel refreshed once");
    map.finish();
    return e;
}

}  // namespace

double DramConfig::peak_gb_per_s() const {
    constexpr double kPsPerNs = 1000;
    const std::uint32_t buses = organization.channels * organization.pseudo_channels;
    return buses * organization.burst_bytes / (timing.burst * tck_ps) * kPsPerNs;
}

DramConfig DramConfig::parse(YamlMap map) {
    DramConfig c;
    c.name = map.take_text("name", "name of the memory, as reports show it");
    c.model = map.take_enum<DramModel>(
        "model", {{"banks", DramModel::Banks}, {"stream", DramModel::Stream}},
        "banks: every burst through queues, banks and rows; stream: a bandwidth and a latency");
    c.stream = parse_stream(map.take_map("stream", "the memory in closed form"));
    c.organization =
        parse_organization(map.take_map("organization", "channels, ranks, banks, rows"));
    YamlMap timing = map.take_map("timing", "in cycles of the memory's clock");
    c.tck_ps = timing.take_double("tck_ps", 50, 100000, "ps", "period of the command clock");
    c.timing = parse_timing(timing);
    timing.finish();
    check_timing(c.timing, timing);
    c.commands = parse_commands(map.take_map("commands", "how commands use their pins"));
    c.controller = parse_controller(map.take_map("controller", "queues, order and address map"),
                                    c.organization);
    c.energy = parse_energy(map.take_map("energy", "what commands and bits cost"));
    map.finish();
    return c;
}

}  // namespace mambasic::models
