#include "sim/commands/listed_fields.h"

namespace mambasic::sim {
namespace {

using List = std::vector<ListedField>;

const List kScalesCsv = {
    {"scales.csv", "layer_index", "of the layer, in the model"},
    {"scales.csv", "code_of_x", "how the layer codes x, in the words of a trace"},
    {"scales.csv", "scale_of", "what the scale is of: x, x low, x high, state, ..."},
    {"scales.csv", "cell_index", "which cell of the layer's table; all where one serves them all"},
    {"scales.csv", "lowest_value_per_code", "the smallest scale of the cell"},
    {"scales.csv", "highest_value_per_code", "the largest scale of the cell"},
    {"scales.csv", "coded_count", "values that this scale coded"},
    {"scales.csv", "clipped_below_count", "values held at the lowest code"},
    {"scales.csv", "clipped_above_count", "values held at the highest code"},
    {"scales.csv", "least_code", "lowest code that occurred"},
    {"scales.csv", "greatest_code", "highest code that occurred"},
    {"scales.csv", "bottom_code", "lowest code there is"},
    {"scales.csv", "top_code", "highest code there is"},
    {"scales.csv", "made_of", "where the scale comes from: recorded, or what calibrated it"},
    {"scales.csv", "x_least_value", "lowest value of x in the layer"},
    {"scales.csv", "x_most_value", "highest value of x in the layer"},
    {"scales.csv", "x_q50_value", "half of the magnitudes of x are below"},
    {"scales.csv", "x_q90_value", "90 % of the magnitudes of x are below"},
    {"scales.csv", "x_q99_value", "99 % of the magnitudes of x are below"},
    {"scales.csv", "x_q99.9_value", "99.9 % of the magnitudes of x are below"},
    {"scales.csv", "x_q99.99_value", "99.99 % of the magnitudes of x are below"},
    {"scales.csv", "state_largest_value", "largest magnitude of the state, before it is coded"},
    {"scales.csv", "magnitudes_top_log2", "all magnitudes of x are below 2 to this power"},
    {"scales.csv", "magnitudes_count_by_half_octave",
     "magnitudes of x in 32 bins of half an octave each, upwards; the first has all smaller ones"},
};

const List kVerdict = {
    {"four-modes.json", "schema", "what this document is, and its version"},
    {"four-modes.json", "version", "of the program"},
    {"four-modes.json", "command",
     "without the options that decide no figure; paths are from the folder it was started in"},
    {"four-modes.json", "chip", "file name or short name"},
    {"four-modes.json", "trace", "file name"},
    {"four-modes.json", "trace_sha256", "of the trace's header, which holds the hash of its data"},
    {"four-modes.json", "all_hold", "every verdict holds"},
    {"four-modes.json", "verdicts", "a row for each thing that must hold between the modes"},
    {"four-modes.json", "verdicts.holds", "whether it does"},
    {"four-modes.json", "verdicts.what", "what must hold, with its figures"},
};

const List kOfRun = {
    {"table totals", "total", "what of the whole run"},
    {"table totals", "value (low to high)", "the figure, and the band of what is credible"},
    {"table totals", "exact", "the same figure unrounded, or for each token"},
    {"table Operations", "op", "operation of the network"},
    {"table Operations", "block", "block that runs it"},
    {"table Operations", "tiles", "pieces it was cut into, of all layers"},
    {"table Operations", "cycles",
     "from its first tile's start to its last tile's end, summed over layers"},
    {"table Operations", "busy cycles", "that its tiles held the block"},
    {"table Operations", "MACs", "multiplications, each with its addition"},
    {"table Operations", "DRAM read", "read over the pins of the DRAM"},
    {"table Operations", "DRAM written", "written over the pins of the DRAM"},
    {"table Operations", "energy", "dynamic energy of the operation"},
    {"table Operations", "share", "of the energy of the whole run"},
    {"table Blocks", "block", "block of the chip"},
    {"table Blocks", "busy", "share of the run's cycles that it worked"},
    {"table Blocks", "waits input", "share of the run's cycles that it waited for its input"},
    {"table Blocks", "waits output",
     "share of the run's cycles that it waited until its result was taken"},
    {"table Blocks", "idle", "share of the run's cycles that it had nothing to do"},
    {"table Blocks", "#<>.", "the four shares as a bar: busy, waits input, waits output, idle"},
    {"table Blocks", "energy", "energy of the block, with its leakage"},
    {"table Blocks", "area mm2", "area of the block"},
    {"table Blocks", "share", "of the energy, or of the area, of the whole chip"},
    {"table DRAM", "kind", "what was moved: weights, activations, tables or state"},
    {"table DRAM", "read", "bytes read over the pins, rounded"},
    {"table DRAM", "written", "bytes written over the pins, rounded"},
    {"table DRAM", "read bytes", "bytes read over the pins"},
    {"table DRAM", "written bytes", "bytes written over the pins"},
    {"table Approximate units", "unit", "the nonlinear function"},
    {"table Approximate units", "kind", "table or polynomial"},
    {"table Approximate units", "max ulp", "largest distance from the exact unit, in last places"},
    {"table Approximate units", "mean ulp", "mean distance from the exact unit, in last places"},
};

const List kOfCompare = {
    {"table compare", "scheme", "name of the scheme"},
    {"table compare", "scales",
     "where its scales come from: recorded in the trace, or the observer that calibrated them (*)"},
    {"table compare", "cycles", "of the whole run"},
    {"table compare", "exposed lookup cycles", "by which finding scales lengthened tiles"},
    {"table compare", "energy", "of all blocks and the DRAM, with leakage"},
    {"table compare", "lookup energy", "of reads and comparisons that find scales"},
    {"table compare", "area mm2", "of all blocks on the chip"},
    {"table compare", "table area mm2", "of the memory of the scale tables"},
    {"table compare", "table B", "bytes that the scale tables hold"},
    {"table compare", "DRAM B", "bytes over the pins of the DRAM, read and written"},
    {"table compare", "check", "every tensor against golden: equal, or how many elements differ"},
    {"table compare", "change against", "cycles, energy and area more than the first scheme's"},
    {"table Accuracy", "scheme", "name of the scheme"},
    {"table Accuracy", "SSM input SQNR dB", "of what the SSM reads, against an FP32 SSM input"},
    {"table Accuracy", "layer output SQNR dB", "of layer outputs, each given the run's own input"},
    {"table Accuracy", "network logits SQNR dB", "of the network's result, errors added up"},
    {"table Accuracy", "last layer SQNR dB", "of the last layer's output, errors added up"},
    {"table Accuracy", "cosine", "between the network's result and the FP32 one; 1 is the same"},
    {"table Accuracy", "same top-1", "tokens for which the likeliest next one is the same"},
    {"table Accuracy", "KL nats", "divergence of the next token's probabilities from FP32's, mean"},
    {"table Accuracy", "saturated of x", "values of x held at the last code"},
    {"table Accuracy", "flagged of x", "values of x coded with the second scale"},
    {"table Accuracy", "conv to SSM DRAM B", "bytes of x over the pins of the DRAM"},
};

const List kOfCheck = {
    {"table check", "tensor", "tensor of the network, of all layers together"},
    {"table check", "tensors", "how many of this name were compared"},
    {"table check", "elements", "compared"},
    {"table check", "mismatches", "elements whose bits differ"},
    {"table check", "differing tensors", "tensors with an element that differs"},
    {"table check", "max ulp or LSB", "largest distance, in last places or codes"},
    {"table check", "max abs", "largest difference"},
    {"table check", "first differing index", "where the first element lies that differs"},
    {"table check", "chip", "what the chip has there"},
    {"table check", "reference", "what the reference has there"},
    {"table check", "hex", "its bits"},
    {"table check", "SQNR dB", "of the tensor against the reference"},
    {"table check", "0", "elements that are equal"},
    {"table check", "1", "elements one last place away"},
    {"table check", "2", "elements two last places away"},
    {"table check", "3-16", "elements so many last places away"},
    {"table check", "17-256", "elements so many last places away"},
    {"table check", "257-4096", "elements so many last places away"},
    {"table check", "more", "elements farther away"},
    {"table Quality", "SQNR", "of what, against an FP32 SSM input"},
    {"table Quality", "all layers dB", "over all layers together"},
    {"table Quality", "lowest dB", "of the layer where it is lowest"},
    {"table Quality", "of layer", "which layer that is"},
};

const List kOfOthers = {
    {"table scales", "layer", "of the model"},
    {"table scales", "code of x", "how the layer codes x, in the words of a trace"},
    {"table scales", "scale of", "what the scale is of: x, x low, x high, state, ..."},
    {"table scales", "cells", "groups of channels that have a scale of their own"},
    {"table scales", "value per code",
     "what a value is divided by; lowest to highest of the cells"},
    {"table scales", "share coded", "values that this scale coded"},
    {"table scales", "codes used", "lowest and highest code that occurred"},
    {"table scales", "out of", "lowest and highest code there is"},
    {"table scales", "clipped below", "values held at the lowest code"},
    {"table scales", "clipped above", "values held at the highest code"},
    {"table scales", "made of", "where the scale comes from: recorded, or what calibrated it"},
    {"table trace info", "what", "a key of the trace's metadata, or a size"},
    {"table trace info", "value", "what the trace has there"},
    {"table trace info", "tensor", "name of the tensor"},
    {"table trace info", "type", "of its elements, as safetensors spells it"},
    {"table trace info", "shape", "its extents"},
    {"table trace info", "bytes", "of its data"},
    {"table explain area", "part", "block, or a part of one"},
    {"table explain area", "made of", "primitive of the technology card, or form of a memory"},
    {"table explain area", "count", "how many of them"},
    {"table explain area", "um2 each", "area of one"},
    {"table explain area", "mm2", "area of all of them, as placed"},
    {"table explain area", "low", "the lowest credible figure"},
    {"table explain area", "high", "the highest credible figure"},
};

}  // namespace

const List& listed_fields() {
    static const List all = [] {
        List fields;
        for (const List* part : {&kScalesCsv, &kVerdict, &listed_timeline(), &kOfRun, &kOfCompare,
                                 &kOfCheck, &kOfOthers}) {
            fields.insert(fields.end(), part->begin(), part->end());
        }
        return fields;
    }();
    return all;
}

}  // namespace mambasic::sim
