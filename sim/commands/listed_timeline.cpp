#include "sim/commands/listed_fields.h"

namespace mambasic::sim {
namespace {

using List = std::vector<ListedField>;

const List kDocument = {
    {"timeline.json", "displayTimeUnit", "the unit that a viewer shows first"},
    {"timeline.json", "traceEvents", "slices, samples of counters, and names"},
    {"timeline.json", "traceEvents.ph",
     "what the event is: X a slice, C a sample of a counter, M a name"},
    {"timeline.json", "traceEvents.pid", "1: there is one chip"},
    {"timeline.json", "traceEvents.tid", "number of the track, which an event M names"},
    {"timeline.json", "traceEvents.ts", "begin in us: of a slice, or of a sample's value"},
    {"timeline.json", "traceEvents.dur", "length of a slice in us"},
    {"timeline.json", "traceEvents.cat",
     "what a slice is: busy, lookup, stall and stalled_input, stall and stalled_output"},
    {"timeline.json", "traceEvents.name",
     "of the tile, transfer or wait, of the counter with its unit, or of what is named"},
    {"timeline.json", "traceEvents.args", "the exact figures of a slice, or a counter's values"},
    {"timeline.json", "otherData", "of the timeline as a whole"},
    {"timeline.json", "otherData.chip", "name of the chip"},
    {"timeline.json", "otherData.clock_period_fs", "length of a cycle"},
    {"timeline.json", "otherData.run_cycles", "of the whole run, shown or not"},
    {"timeline.json", "otherData.begin_cycle", "where the part that is shown begins"},
    {"timeline.json", "otherData.end_cycle", "where it ends"},
    {"timeline.json", "otherData.events", "slices and samples that are here"},
    {"timeline.json", "otherData.events_left_out",
     "that came after as many as --timeline-limit allows"},
};

const List kArguments = {
    {"timeline.json name", "name", "of the chip, or of the track"},
    {"timeline.json name", "sort_index", "where a viewer shows the track, from above"},
    {"timeline.json slice", "start_cycle", "first cycle of the slice"},
    {"timeline.json slice", "cycles", "of the slice"},
    {"timeline.json slice", "whole_start_cycle", "of the whole slice, where only a part is shown"},
    {"timeline.json slice", "whole_cycles", "of the whole slice, where only a part is shown"},
    {"timeline.json slice", "asked_cycle",
     "when a transfer was asked for that is shown from the end of the one before it"},
    {"timeline.json slice", "task", "number of the tile or transfer, in the order of the schedule"},
    {"timeline.json slice", "layer", "of the model"},
    {"timeline.json slice", "step", "of a decode"},
    {"timeline.json slice", "sequence", "first sequence of the tile"},
    {"timeline.json slice", "sequences", "how many sequences the tile has"},
    {"timeline.json slice", "token", "first token of the tile, in its sequence"},
    {"timeline.json slice", "tokens", "how many tokens the tile has"},
    {"timeline.json slice", "channel", "first channel of the tile"},
    {"timeline.json slice", "channels", "how many channels the tile has"},
    {"timeline.json slice", "bytes", "that the transfer moves"},
    {"timeline.json slice", "address", "of its first byte in DRAM"},
    {"timeline.json slice", "memory", "on-chip memory that the transfer fills or empties"},
    {"timeline.json slice", "waits_for", "input, or room for the result"},
    {"timeline.json slice", "from", "block whose work ends the wait"},
    {"timeline.json slice", "next", "tile or transfer that waits"},
    {"timeline.json slice", "lookup", "how scales are found: direct, sequential, ..."},
    {"timeline.json slice", "groups", "cells of the scheme's groups, for each layer"},
    {"timeline.json slice", "exposed_cycles", "by which the lookups lengthened the tile"},
    {"timeline.json slice", "scale_lookup", "lookups of the tile"},
    {"timeline.json slice", "table_read_bytes", "read from the scale table for them"},
    {"timeline.json slice", "table_state_bytes", "of state scales, read from the scale table"},
    {"timeline.json slice", "table_compare", "comparisons of a channel with an end of a range"},
};

const List kTracks = {
    {"timeline.json track", "dma_load", "transfers from DRAM"},
    {"timeline.json track", "dma_store", "transfers to DRAM"},
    {"timeline.json track", "embedding", "tiles of the embedding, and their waits"},
    {"timeline.json track", "norm", "tiles of the RMSNorm, and their waits"},
    {"timeline.json track", "gemm", "tiles of the array of multipliers, and their waits"},
    {"timeline.json track", "conv", "tiles of the convolution, and their waits"},
    {"timeline.json track", "ssm", "tiles of the selective scan, and their waits"},
    {"timeline.json track", "gated_norm", "tiles of Mamba2's gated norm, and their waits"},
    {"timeline.json track", "hadamard", "tiles of the Hadamard transform, and their waits"},
    {"timeline.json track", "rotation", "tiles of the rotation of x, and their waits"},
    {"timeline.json track", "scale_table of gemm", "lookups of scales for tiles of gemm"},
    {"timeline.json track", "scale_table of conv", "lookups of scales for tiles of conv"},
    {"timeline.json track", "scale_table of ssm", "lookups of scales for tiles of ssm"},
};

const List kCounters = {
    {"timeline.json counter", "weight_sram KiB", "what the memory of the weights holds"},
    {"timeline.json counter", "weight_sram KiB.held", "from that time on"},
    {"timeline.json counter", "activation_sram KiB", "what the memory of activations holds"},
    {"timeline.json counter", "activation_sram KiB.held", "from that time on"},
    {"timeline.json counter", "state_store KiB", "what the memory of the SSM state holds"},
    {"timeline.json counter", "state_store KiB.held", "from that time on"},
    {"timeline.json counter", "scale_table KiB", "what the memory of the scale tables holds"},
    {"timeline.json counter", "scale_table KiB.held", "from that time on"},
    {"timeline.json counter", "dram GB/s", "what crosses the pins of the DRAM, in spans of 1 us"},
    {"timeline.json counter", "dram GB/s.read", "from the DRAM"},
    {"timeline.json counter", "dram GB/s.written", "to the DRAM"},
};

}  // namespace

const List& listed_timeline() {
    static const List all = [] {
        List fields;
        for (const List* part : {&kDocument, &kArguments, &kTracks, &kCounters}) {
            fields.insert(fields.end(), part->begin(), part->end());
        }
        return fields;
    }();
    return all;
}

}  // namespace mambasic::sim
