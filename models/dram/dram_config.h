// Static description of the external memory, from hw_config/dram/*.yaml: what it is made of, its
// timing in cycles of its own clock, how its controller decides, what a command costs.
#pragma once

#include <cstdint>
#include <string>

#include "models/common/units.h"
#include "models/common/yaml_map.h"

namespace mambasic::models {

enum class DramModel : std::uint8_t {
    Banks,   // every burst goes through queues, banks and rows
    Stream,  // a bandwidth and a latency
};

/// The closed form: it stands for the banks where dram.model is stream, and plans always use it.
struct DramStream {
    double efficiency = 0;  // share of the peak that streaming reaches
    double read_latency_ns = 0;
    double write_latency_ns = 0;
};

/// Counts are powers of two.
struct DramOrganization {
    std::uint32_t channels = 0;
    std::uint32_t ranks = 0;            // of a channel: they share its data pins
    std::uint32_t pseudo_channels = 0;  // of a channel: they share its command pins alone
    std::uint32_t bank_groups = 0;      // of a rank or pseudo channel
    std::uint32_t banks = 0;            // of a group
    std::uint32_t rows = 0;
    std::uint32_t row_bytes = 0;  // of a bank's row, over all devices of a rank
    std::uint32_t burst_bytes = 0;

    /// Of a channel: what is refreshed at once, rank or pseudo channel.
    std::uint32_t units() const { return ranks * pseudo_channels; }
    std::uint32_t groups() const { return units() * bank_groups; }
    std::uint32_t all_banks() const { return groups() * banks; }
    std::uint32_t columns() const { return row_bytes / burst_bytes; }
};

/// Cycles of the memory's clock, from command to command. A command that takes several cycles
/// counts from its last one.
struct DramCycles {
    std::uint32_t burst = 0;
    std::uint32_t cl = 0, cwl = 0;  // command to first data
    std::uint32_t rcd_read = 0, rcd_write = 0;
    std::uint32_t rp = 0, rp_all = 0;
    std::uint32_t ras = 0, rc = 0;
    std::uint32_t rrd_s = 0, rrd_l = 0, faw = 0;
    std::uint32_t ccd_s = 0, ccd_l = 0;
    std::uint32_t wr = 0, rtp = 0;
    std::uint32_t wtr_s = 0, wtr_l = 0;  // last data written to a read: other group, same group
    std::uint32_t burst_in_group = 0;    // that wtr_l counts from
    std::uint32_t read_to_write = 0;     // bubble between read and written data
    std::uint32_t rank_switch = 0;       // bubble between data of two ranks
    std::uint32_t ppd = 0;               // precharge to precharge
    std::uint32_t rfc = 0, rfc_bank = 0;
    std::uint32_t refi = 0, refi_bank = 0;
    std::uint32_t refresh_bank_to_activate = 0;  // of another bank
    std::uint32_t refresh_bank_to_refresh = 0;
};

struct DramCommandBus {
    bool split = false;  // rows and columns have pins of their own: two commands a cycle
    std::uint32_t activate_cycles = 0, column_cycles = 0, precharge_cycles = 0;
    std::uint32_t activate_deadline = 0;  // 0: one command activates; else cycles to its second
    std::uint32_t strobe_hold = 0;        // 0: no data strobe to wake; else cycles it stays awake
};

enum class DramMapXor : std::uint8_t { None, Column };
enum class PagePolicy : std::uint8_t { Open, Closed };
enum class DramScheduler : std::uint8_t { FirstReady, RowHitFirst };
enum class DramRefresh : std::uint8_t { AllBank, PerBank, None };

struct DramControllerConfig {
    std::string mapping;  // fields of an address, from the top
    DramMapXor mapping_xor = DramMapXor::None;
    PagePolicy page_policy = PagePolicy::Open;
    DramScheduler scheduler = DramScheduler::FirstReady;
    DramRefresh refresh = DramRefresh::AllBank;
    std::uint32_t read_queue = 0, write_queue = 0;  // bursts, each channel
    std::uint32_t drain_from = 0, drain_to = 0;     // writes waiting: reads stop, reads go on
};

struct DramEnergy {
    Banded activate_pj;  // with its precharge
    Banded read_pj_per_bit, write_pj_per_bit;
    Banded io_pj_per_bit;
    Banded refresh_pj;  // of a rank or pseudo channel, all banks once
};

struct DramConfig {
    std::string name;
    DramModel model = DramModel::Banks;
    DramStream stream;
    DramOrganization organization;
    double tck_ps = 0;
    DramCycles timing;
    DramCommandBus commands;
    DramControllerConfig controller;
    DramEnergy energy;

    /// Of all channels, 1 GB = 1e9 bytes.
    double peak_gb_per_s() const;
    static DramConfig parse(YamlMap map);
};

}  // namespace mambasic::models
