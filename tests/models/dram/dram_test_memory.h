// A memory whose every timing differs, so that a wrong one shows.
#pragma once

#include "models/dram/dram_config.h"

namespace mambasic::models::test {

inline DramConfig odd_memory() {
    DramConfig c;
    c.name = "odd";
    c.organization = {1, 1, 1, 4, 2, 1024, 1024, 64};
    c.tck_ps = 1000;
    DramCycles& t = c.timing;
    t.burst = 4;
    t.cl = 22;
    t.cwl = 16;
    t.rcd_read = 21;
    t.rcd_write = 19;
    t.rp = 23;
    t.rp_all = 25;
    t.ras = 52;
    t.rc = 77;
    t.rrd_s = 5;
    t.rrd_l = 9;
    t.faw = 37;
    t.ccd_s = 6;
    t.ccd_l = 8;
    t.wr = 24;
    t.rtp = 12;
    t.wtr_s = 3;
    t.wtr_l = 13;
    t.burst_in_group = 7;
    t.read_to_write = 2;
    t.rank_switch = 1;
    t.ppd = 3;
    t.rfc = 500;
    t.rfc_bank = 200;
    t.refi = 10000;
    t.refi_bank = 1000;
    t.refresh_bank_to_activate = 15;
    t.refresh_bank_to_refresh = 90;
    c.commands = {false, 1, 1, 1, 0, 0};
    c.controller = {"ro co ba bg",
                    DramMapXor::None,
                    PagePolicy::Open,
                    DramScheduler::RowHitFirst,
                    DramRefresh::None,
                    8,
                    8,
                    6,
                    2};
    return c;
}

}  // namespace mambasic::models::test
