#include "models/common/occupancy.h"

#include <gtest/gtest.h>

#include "models/common/error.h"

namespace mambasic::models {
namespace {

// One buffer of 60 bytes, loaded by task 0, read by task 1, released in the same segment.
Segment load_and_read(BufferId buffer, bool read) {
    Segment s;
    s.buffers.push_back({buffer, Memory::Weight, 60, true});
    Task load;
    load.id = 0;
    load.buffers = {{buffer, true}};
    s.tasks.push_back(load);
    if (read) {
        Task use;
        use.id = 1;
        use.block = BlockId::Gemm;
        use.buffers = {{buffer, false}};
        s.tasks.push_back(use);
    }
    s.released = {buffer};
    return s;
}

TEST(Occupancy, BufferIsThereFromItsWritersStartToItsLastReadersEnd) {
    Occupancy o({100, 100, 100});
    const Segment s = load_and_read(0, true);
    o.add(s);
    EXPECT_EQ(o.held_bytes(Memory::Weight), 0U);
    o.started(s.tasks[0]);
    EXPECT_EQ(o.held_bytes(Memory::Weight), 60U);
    o.retired(s.tasks[0]);
    o.started(s.tasks[1]);
    EXPECT_EQ(o.held_bytes(Memory::Weight), 60U);
    o.retired(s.tasks[1]);
    EXPECT_EQ(o.held_bytes(Memory::Weight), 0U);
    EXPECT_EQ(o.peak_bytes(Memory::Weight), 60U);
    EXPECT_NO_THROW(o.check_empty());
}

TEST(Occupancy, RefusesMoreThanTheCapacity) {
    Occupancy o({100, 100, 100});
    const Segment a = load_and_read(0, true);
    const Segment b = load_and_read(1, true);
    o.add(a);
    o.add(b);
    o.started(a.tasks[0]);
    EXPECT_THROW(o.started(b.tasks[0]), InternalError);
}

TEST(Occupancy, BytesThatNobodyReadBreakConservation) {
    Occupancy o({100, 100, 100});
    const Segment s = load_and_read(0, false);
    o.add(s);
    o.started(s.tasks[0]);
    o.retired(s.tasks[0]);
    EXPECT_THROW(o.check_empty(), InternalError);
}

TEST(Occupancy, RefusesAReadBeforeTheWrite) {
    Occupancy o({100, 100, 100});
    const Segment s = load_and_read(0, true);
    o.add(s);
    EXPECT_THROW(o.started(s.tasks[1]), InternalError);
}

TEST(Occupancy, RefusesAReadWhileTheWriterIsUnderWay) {
    Occupancy o({100, 100, 100});
    const Segment s = load_and_read(0, true);
    o.add(s);
    o.started(s.tasks[0]);
    EXPECT_THROW(o.started(s.tasks[1]), InternalError);
}

TEST(Occupancy, RefusesAReadBesideASecondWriter) {
    Occupancy o({100, 100, 100});
    Segment s = load_and_read(0, true);
    Task again = s.tasks[1];
    again.id = 2;
    again.buffers = {{0, true}};
    s.tasks.push_back(again);
    o.add(s);
    o.started(s.tasks[0]);
    o.retired(s.tasks[0]);
    o.started(s.tasks[2]);
    EXPECT_THROW(o.started(s.tasks[1]), InternalError);
}

// 60 bytes in, 40 of them out again.
Segment load_and_store() {
    Segment s = load_and_read(0, true);
    s.tasks[1].block = BlockId::DmaStore;
    s.tasks[1].transfer.bytes = 40;
    return s;
}

void run_all(Occupancy& o, const Segment& s) {
    o.add(s);
    for (const Task& t : s.tasks) {
        o.started(t);
        o.retired(t);
    }
}

TEST(Occupancy, WhatTheDmaCarriedIsWhatTheBuffersTookAndGave) {
    Occupancy o({100, 100, 100});
    run_all(o, load_and_store());
    EXPECT_NO_THROW(o.check_moved({60, 40}));
    EXPECT_THROW(o.check_moved({59, 40}), InternalError);
    EXPECT_THROW(o.check_moved({61, 40}), InternalError);
    EXPECT_THROW(o.check_moved({60, 39}), InternalError);
    EXPECT_THROW(o.check_moved({60, 41}), InternalError);
}

TEST(Occupancy, RefusesAStoreOfMoreThanTheBuffer) {
    Occupancy o({100, 100, 100});
    Segment s = load_and_store();
    s.tasks[1].transfer.bytes = 61;
    EXPECT_THROW(run_all(o, s), InternalError);
}

}  // namespace
}  // namespace mambasic::models
