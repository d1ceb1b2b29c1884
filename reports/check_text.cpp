// The check's part of the terminal report: one row for each tensor of the network, over all layers
// that hold it, then where each differing one first differs. report.json has every layer's row.
#include <algorithm>
#include <array>
#include <map>

#include "reports/human.h"
#include "reports/ink.h"
#include "reports/table.h"
#include "reports/text_writer.h"

namespace mambasic::reports {
namespace {

constexpr std::size_t kMaxDifferences = 24;  // of first differences shown; the first ones tell most

// "layers.3.conv1d.output" -> "conv1d.output"
std::string without_layer(const std::string& name) {
    const std::string prefix = "layers.";
    if (name.compare(0, prefix.size(), prefix) != 0) return name;
    return name.substr(name.find('.', prefix.size()) + 1);
}

struct Group {
    std::string name;
    std::uint64_t tensors = 0;
    std::uint64_t differing = 0;
    CheckTensor sum;
};

void add_to(Group& group, const CheckTensor& tensor) {
    if (tensor.sqnr_db && (!group.sum.sqnr_db || *tensor.sqnr_db < *group.sum.sqnr_db)) {
        group.sum.sqnr_db = tensor.sqnr_db;
    }
    group.tensors += 1;
    group.differing += tensor.mismatches > 0 ? 1 : 0;
    group.sum.elements += tensor.elements;
    group.sum.mismatches += tensor.mismatches;
    group.sum.max_ulp = std::max(group.sum.max_ulp, tensor.max_ulp);
    group.sum.max_abs = std::max(group.sum.max_abs, tensor.max_abs);
    if (group.sum.histogram.size() < tensor.histogram.size()) {
        group.sum.histogram.resize(tensor.histogram.size());
    }
    for (std::size_t i = 0; i < tensor.histogram.size(); ++i) {
        group.sum.histogram[i] += tensor.histogram[i];
    }
}

// In the order of first appearance, which is the order of the network.
std::vector<Group> grouped_by_name(const std::vector<CheckTensor>& tensors) {
    std::vector<Group> groups;
    std::map<std::string, std::size_t> places;
    for (const CheckTensor& tensor : tensors) {
        const std::string name = without_layer(tensor.name);
        const auto [place, is_new] = places.emplace(name, groups.size());
        if (is_new) groups.push_back({name, 0, 0, {}});
        add_to(groups[place->second], tensor);
    }
    return groups;
}

std::string tensor_table(const std::vector<Group>& groups) {
    Table table({{"tensor", Align::Left},
                 {"tensors"},
                 {"elements"},
                 {"mismatches"},
                 {"differing tensors"},
                 {"max ulp or LSB"},
                 {"max abs"}});
    for (const Group& group : groups) {
        table.add_row({group.name, grouped(group.tensors), grouped(group.sum.elements),
                       grouped(group.sum.mismatches), grouped(group.differing),
                       grouped(group.sum.max_ulp), three_digits(group.sum.max_abs)});
    }
    return table.text();
}

std::string place_of(const FirstDifference& first) {
    std::string text = std::to_string(first.index) + " [";
    for (std::size_t i = 0; i < first.at.size(); ++i) {
        text += (i == 0 ? "" : ",") + std::to_string(first.at[i]);
    }
    return text + "]" + (first.step > 0 ? " step " + std::to_string(first.step) : "");
}

std::string difference_table(const std::vector<CheckTensor>& tensors) {
    Table table({{"tensor", Align::Left},
                 {"first differing index", Align::Left},
                 {"chip", Align::Right},
                 {"hex", Align::Left},
                 {"reference", Align::Right},
                 {"hex", Align::Left}});
    std::size_t left_out = 0;
    for (const CheckTensor& tensor : tensors) {
        if (!tensor.first) continue;
        const FirstDifference& f = *tensor.first;
        if (++left_out <= kMaxDifferences) {
            table.add_row({tensor.name, place_of(f), f.got, f.got_hex, f.want, f.want_hex});
        }
    }
    left_out -= std::min(left_out, kMaxDifferences);
    if (table.empty()) return "";
    std::string text = "\n" + table.text();
    if (left_out > 0) text += "  and " + grouped(left_out) + " more: report.json has them all\n";
    return text;
}

// The report's buckets (0, 1, 2, 3-4, 5-8, ...) taken together until they fit a terminal's width;
// `end` is the first bucket of the next range.
struct Range {
    const char* name;
    std::size_t end;
};
constexpr std::array<Range, 7> kRanges = {
    {{"0", 1}, {"1", 2}, {"2", 3}, {"3-16", 6}, {"17-256", 10}, {"257-4096", 14}, {"more", 66}}};

std::string distance_table(const std::vector<Group>& groups) {
    std::vector<Column> columns = {{"tensor", Align::Left}, {"SQNR dB"}};
    for (const Range& range : kRanges) columns.push_back({range.name});
    Table table(columns);
    for (const Group& group : groups) {
        if (group.sum.mismatches == 0) continue;
        const auto& sqnr = group.sum.sqnr_db;
        std::vector<std::string> cells = {group.name, sqnr ? three_digits(*sqnr) : "-"};
        std::size_t bucket = 0;
        for (const Range& range : kRanges) {
            std::uint64_t count = 0;
            for (; bucket < std::min(range.end, group.sum.histogram.size()); ++bucket) {
                count += group.sum.histogram[bucket];
            }
            cells.push_back(grouped(count));
        }
        table.add_row(cells);
    }
    return table.empty() ? "  none differs\n" : table.text();
}

std::string departure_lines(const CheckSection& check, const std::vector<Group>& groups,
                            const Ink& ink) {
    std::string reasons;
    for (const std::string& reason : check.departures) {
        reasons += (reasons.empty() ? "" : ", ") + reason;
    }
    return "\n  " + ink.warning("bits differ on purpose (" + reasons + ")") +
           ".\n  Lowest SQNR of any layer, and how many "
           "elements are off by so many ulp (LSB):\n" +
           distance_table(groups);
}

std::string verdict(const CheckSection& check, const Ink& ink) {
    std::uint64_t elements = 0;
    std::uint64_t differing = 0;
    for (const CheckTensor& tensor : check.tensors) {
        elements += tensor.elements;
        differing += tensor.mismatches > 0 ? 1 : 0;
    }
    const std::string tensors = grouped(check.tensors.size()) + " tensors";
    if (check.mismatches == 0) {
        return "  " + ink.good("EQUAL") + ": all " + grouped(elements) + " elements of " + tensors +
               "\n";
    }
    return "  " + ink.bad("DIFFERENT") + ": " + grouped(check.mismatches) + " of " +
           grouped(elements) + " elements, in " + grouped(differing) + " of " + tensors + "\n";
}

}  // namespace

std::string to_text(const CheckSection& check, const TextOptions& options) {
    const Ink ink(options.colour);
    const std::vector<Group> groups = grouped_by_name(check.tensors);
    std::string text = "\n" + ink.bold("Check against " + check.against) + "\n";
    text += tensor_table(groups) + difference_table(check.tensors);
    if (!check.departures.empty()) text += departure_lines(check, groups, ink);
    text += "\n" + verdict(check, ink);
    if (!options.next.empty()) text += "\n" + ink.bold("Next") + "\n";
    for (const std::string& line : options.next) text += "  " + line + "\n";
    return text;
}

}  // namespace mambasic::reports
