// Every constraint between two commands: the second may issue so many cycles after the first and
// not one earlier. The values come from the rules of the standards, written out in each test.
#include "models/dram/dram_banks.h"

#include <gtest/gtest.h>

#include "tests/models/dram/dram_test_memory.h"

namespace mambasic::models {
namespace {

using test::odd_memory;
using C = DramCommand;

// Two banks a group: bank 2 g and 2 g + 1.
DramTarget bank(std::uint32_t number, std::uint32_t row = 7) {
    return {0, number / 2, number, row};
}

constexpr DramCycle kNow = 5000;  // nothing of before matters then

class Banks {
public:
    explicit Banks(const DramConfig& config = odd_memory()) : banks_(config) {}

    Banks& open(std::initializer_list<std::uint32_t> numbers) {
        DramCycle at = 0;
        for (const std::uint32_t n : numbers) banks_.issue(C::Activate, bank(n), at += 100);
        return *this;
    }
    Banks& at(DramCycle cycle, C command, const DramTarget& target) {
        banks_.issue(command, target, kNow + cycle);
        return *this;
    }
    /// Cycles from kNow on.
    DramCycle ready(C command, const DramTarget& target) const {
        return banks_.ready(command, target) - kNow;
    }

private:
    DramBanks banks_;
};

TEST(DramBanks, ActivateToReadAndToWrite) {
    const Banks banks = Banks().at(0, C::Activate, bank(0));
    EXPECT_EQ(banks.ready(C::Read, bank(0)), 21);   // tRCD
    EXPECT_EQ(banks.ready(C::Write, bank(0)), 19);  // its own for writes
}

TEST(DramBanks, ActivateToPrecharge) {
    const Banks banks = Banks().at(0, C::Activate, bank(0));
    EXPECT_EQ(banks.ready(C::Precharge, bank(0)), 52);  // tRAS
    EXPECT_EQ(banks.ready(C::PrechargeAll, bank(0)), 52);
    EXPECT_LE(banks.ready(C::Precharge, bank(1)), 0);  // of its bank alone
}

TEST(DramBanks, ActivateToActivate) {
    Banks banks = Banks().at(0, C::Activate, bank(0));
    EXPECT_EQ(banks.ready(C::Activate, bank(2)), 5);  // tRRD_S
    EXPECT_EQ(banks.ready(C::Activate, bank(1)), 9);  // tRRD_L
    banks.at(53, C::Precharge, bank(0));
    EXPECT_EQ(banks.ready(C::Activate, bank(0)), 77);  // tRC, one more than tRAS + 1 + tRP
}

TEST(DramBanks, AFifthActivateWaitsForTheWindow) {
    Banks banks;
    banks.at(0, C::Activate, bank(0)).at(5, C::Activate, bank(2)).at(10, C::Activate, bank(4));
    EXPECT_EQ(banks.ready(C::Activate, bank(6)), 15);  // the fourth: tRRD_S alone
    banks.at(15, C::Activate, bank(6));
    EXPECT_EQ(banks.ready(C::Activate, bank(1)), 37);  // tFAW from the first
    banks.at(37, C::Activate, bank(1));
    EXPECT_EQ(banks.ready(C::Activate, bank(3)), 5 + 37);
}

TEST(DramBanks, PrechargeToActivateAndToPrecharge) {
    const Banks banks = Banks().open({0, 2}).at(0, C::Precharge, bank(0));
    EXPECT_EQ(banks.ready(C::Activate, bank(0)), 23);    // tRP
    EXPECT_EQ(banks.ready(C::Precharge, bank(2)), 3);    // tPPD
    EXPECT_EQ(banks.ready(C::RefreshAll, bank(0)), 23);  // tRP
}

TEST(DramBanks, PrechargeOfAllBanksTakesItsOwnTime) {
    const Banks banks = Banks().open({0, 2}).at(0, C::PrechargeAll, bank(0));
    for (const std::uint32_t n : {0U, 2U, 5U}) {
        EXPECT_EQ(banks.ready(C::Activate, bank(n)), 25) << n;  // tRPab
    }
    EXPECT_EQ(banks.ready(C::RefreshAll, bank(0)), 25);
}

TEST(DramBanks, ReadToReadAndWriteToWrite) {
    for (const C command : {C::Read, C::Write}) {
        const Banks banks = Banks().open({0, 1, 2}).at(0, command, bank(0));
        EXPECT_EQ(banks.ready(command, bank(2)), 6);  // tCCD_S
        EXPECT_EQ(banks.ready(command, bank(1)), 8);  // tCCD_L
        EXPECT_EQ(banks.ready(command, bank(0)), 8);
    }
}

TEST(DramBanks, ReadToWriteLeavesABubble) {
    const Banks banks = Banks().open({0, 2}).at(0, C::Read, bank(0));
    EXPECT_EQ(banks.ready(C::Write, bank(2)), 22 + 4 + 2 - 16);  // CL + burst + 2 - CWL
}

TEST(DramBanks, WriteToRead) {
    const Banks banks = Banks().open({0, 1, 2}).at(0, C::Write, bank(0));
    EXPECT_EQ(banks.ready(C::Read, bank(2)), 16 + 4 + 3);   // CWL + burst + tWTR_S
    EXPECT_EQ(banks.ready(C::Read, bank(1)), 16 + 7 + 13);  // CWL + burst in a group + tWTR_L
}

TEST(DramBanks, ReadOrWriteToPrecharge) {
    const Banks read = Banks().open({0, 2}).at(0, C::Read, bank(0));
    EXPECT_EQ(read.ready(C::Precharge, bank(0)), 12);  // tRTP
    EXPECT_EQ(read.ready(C::PrechargeAll, bank(0)), 12);
    EXPECT_LE(read.ready(C::Precharge, bank(2)), 0);
    const Banks write = Banks().open({0, 2}).at(0, C::Write, bank(0));
    EXPECT_EQ(write.ready(C::Precharge, bank(0)), 16 + 4 + 24);  // CWL + burst + tWR
    EXPECT_EQ(write.ready(C::PrechargeAll, bank(0)), 16 + 4 + 24);
}

TEST(DramBanks, RefreshOfAllBanks) {
    Banks banks = Banks().at(0, C::Activate, bank(0));
    EXPECT_EQ(banks.ready(C::RefreshAll, bank(0)), 77);  // tRC
    banks.at(100, C::Precharge, bank(0));
    banks.at(123, C::RefreshAll, bank(0));
    for (std::uint32_t n = 0; n < 8; ++n) {
        EXPECT_EQ(banks.ready(C::Activate, bank(n)), 123 + 500) << n;  // tRFC
    }
    EXPECT_EQ(banks.ready(C::RefreshAll, bank(0)), 123 + 500);
}

TEST(DramBanks, RefreshOfABank) {
    const Banks banks = Banks().at(0, C::RefreshBank, bank(0));
    EXPECT_EQ(banks.ready(C::Activate, bank(0)), 200);    // tRFCpb
    EXPECT_EQ(banks.ready(C::Activate, bank(1)), 15);     // to another bank
    EXPECT_EQ(banks.ready(C::RefreshBank, bank(1)), 90);  // tpbR2pbR
    EXPECT_EQ(banks.ready(C::RefreshAll, bank(0)), 200);
    const Banks opened = Banks().at(0, C::Activate, bank(0));
    EXPECT_EQ(opened.ready(C::RefreshBank, bank(2)), 5);  // tRRD_S
    const Banks closed = Banks().open({0}).at(0, C::Precharge, bank(0));
    EXPECT_EQ(closed.ready(C::RefreshBank, bank(0)), 23);  // tRP
}

TEST(DramBanks, ARowThatClosesByItselfWaitsForTras) {
    const auto last = [](DramCycle at, C command) {
        DramBanks banks(odd_memory());
        banks.issue(C::Activate, bank(0), 0);
        banks.issue_last(command, bank(0), at);
        EXPECT_FALSE(banks.is_open(0));
        return banks.ready(C::Activate, bank(0));
    };
    EXPECT_EQ(last(21, C::Read), 77);            // tRC; tRAS + tRP is 75
    EXPECT_EQ(last(60, C::Read), 60 + 12 + 23);  // tRTP + tRP
    EXPECT_EQ(last(19, C::Write), 19 + 16 + 4 + 24 + 23);
}

TEST(DramBanks, RanksShareThePinsAndNothingElse) {
    DramConfig config = odd_memory();
    config.organization.ranks = 2;
    const DramTarget other{1, 4, 8, 3};
    const auto after = [&](C first, C second) {
        DramBanks banks(config);
        banks.issue(C::Activate, bank(0), 0);
        EXPECT_EQ(banks.ready(C::Activate, other), 0);
        banks.issue(C::Activate, other, 1);
        banks.issue(first, bank(0), kNow);
        return banks.ready(second, other) - kNow;
    };
    EXPECT_EQ(after(C::Read, C::Read), 4 + 1);  // burst and the switch
    EXPECT_EQ(after(C::Write, C::Write), 4 + 1);
    EXPECT_EQ(after(C::Read, C::Write), 22 + 4 + 1 - 16);  // its data come CWL later, not CL
    EXPECT_EQ(after(C::Write, C::Read), 1);  // 16 + 4 + 1 - 22 is past; the next command slot
}

TEST(DramBanks, PseudoChannelsShareNoDataPins) {
    DramConfig config = odd_memory();
    config.organization.pseudo_channels = 2;
    const DramTarget other{1, 4, 8, 3};
    DramBanks banks(config);
    banks.issue(C::Activate, bank(0), 0);
    banks.issue(C::Activate, other, 1);
    banks.issue(C::Read, bank(0), kNow);
    EXPECT_LT(banks.ready(C::Read, other), kNow);
}

TEST(DramBanks, CommandsOfSeveralCyclesCountFromTheirLast) {
    DramConfig config = odd_memory();
    config.commands = {true, 2, 1, 1, 0, 0};
    const Banks opened = Banks(config).at(0, C::Activate, bank(0));
    EXPECT_EQ(opened.ready(C::Read, bank(0)), 22);       // tRCD and the second cycle
    EXPECT_EQ(opened.ready(C::Precharge, bank(0)), 53);  // tRAS and the second cycle
    EXPECT_EQ(opened.ready(C::Activate, bank(2)), 5);    // of one kind: no difference
    const Banks closed = Banks(config).open({0}).at(0, C::Precharge, bank(0));
    EXPECT_EQ(closed.ready(C::Activate, bank(0)), 22);  // its second cycle may be tRP after
}

}  // namespace
}  // namespace mambasic::models
