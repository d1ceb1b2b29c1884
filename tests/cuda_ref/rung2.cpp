#include "tests/cuda_ref/rung2.h"

#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <ostream>
#include <set>

#include "cuda_ref/recorder.h"
#include "tests/cuda_ref/random_trace.h"
#include "traces/error.h"
#include "traces/safetensors.h"

namespace mambasic::cuda_ref {

namespace {

using traces::Phase;
using Metadata = std::map<std::string, std::string>;

/// The metadata's `key` as the index of its text among `choices`.
std::size_t choice_of(const std::string& path, const Metadata& metadata, const std::string& key,
                      const std::vector<std::string>& choices) {
    const auto found = metadata.find(key);
    const std::string text = found == metadata.end() ? "" : found->second;
    const auto choice = std::find(choices.begin(), choices.end(), text);
    if (choice == choices.end()) {
        throw traces::error_in_metadata(path, key, "'" + text + "' is no value of a reference");
    }
    return static_cast<std::size_t>(choice - choices.begin());
}

SumOrder sum_of(const std::string& path, const Metadata& metadata, const std::string& key) {
    std::vector<std::string> choices = {"sequential"};
    for (unsigned width = 2; width <= 256; width *= 2) {
        choices.push_back("tree " + std::to_string(width));
    }
    const std::size_t choice = choice_of(path, metadata, key, choices);
    return {choice == 0 ? 0 : 1U << choice};
}

Options options_of(const std::string& path, const Metadata& metadata) {
    Options options;
    if (choice_of(path, metadata, "scan_order", {"sequential", "cub"}) == 1) {
        options.scan_order = ScanOrder::Cub;
    }
    if (choice_of(path, metadata, "softplus", {"log1p", "log_exp_plus_1"}) == 1) {
        options.softplus = arith::Softplus::LogExpPlus1;
    }
    options.norm_sum = sum_of(path, metadata, "norm_sum");
    options.ssm_sum = sum_of(path, metadata, "ssm_sum");
    options.quamba_quirks = choice_of(path, metadata, "quirks", {"none", "quamba"}) == 1;
    return options;
}

void add_case(std::vector<Rung2Case>& cases, const traces::TraceInfo& info, ScanOrder order) {
    Rung2Case c{"", info, {}};
    c.options.scan_order = order;
    const bool cub = order == ScanOrder::Cub;
    const std::string way = info.phase == Phase::Decode ? "decode"
                            : cub                       ? "prefill, cub"
                                                        : "prefill, sequential";
    c.name = way + ", D " + std::to_string(info.dims.d_model) + ", batch " +
             std::to_string(info.batch) + ", L " + std::to_string(info.tokens);
    cases.push_back(c);
}

void add_cases(std::vector<Rung2Case>& cases, traces::TraceInfo info) {
    info.phase = Phase::Prefill;
    add_case(cases, info, ScanOrder::Sequential);
    add_case(cases, info, ScanOrder::Cub);
    info.phase = Phase::Decode;
    add_case(cases, info, ScanOrder::Sequential);
}

traces::TraceInfo wide_layer(std::uint32_t d_model, std::uint32_t tokens) {
    traces::TraceInfo info = random_info(Phase::Prefill, 1, tokens, d_model);
    info.dims.dt_rank = d_model / 16;
    info.layers = 1;
    info.has_head = false;
    return info;
}

/// "trace.layers.3.scan.output" without the layer's number.
std::string kind_of(const std::string& tensor) {
    const std::string prefix = "trace.layers.";
    if (tensor.rfind(prefix, 0) != 0) return tensor;
    return "trace.layers.*" + tensor.substr(tensor.find('.', prefix.size()));
}

class Sums {
public:
    void add(const std::vector<Difference>& differences) {
        for (const Difference& difference : differences) {
            Difference& sum = of(kind_of(difference.tensor));
            sum.elements += difference.elements;
            sum.mismatches += difference.mismatches;
        }
    }
    const std::vector<Difference>& all() const { return sums_; }

private:
    Difference& of(const std::string& kind) {
        for (Difference& sum : sums_) {
            if (sum.tensor == kind) return sum;
        }
        sums_.push_back({kind, 0, 0});
        return sums_.back();
    }
    std::vector<Difference> sums_;
};

/// Golden's tensors that the other side never showed count as mismatches in full.
void add_missing(const NamedBytes& golden, std::vector<Difference>& differences) {
    std::set<std::string> seen;
    for (const Difference& difference : differences) seen.insert(difference.tensor);
    for (const auto& [name, bytes] : golden) {
        if (seen.count(name) == 0) differences.push_back({name, bytes.size(), bytes.size()});
    }
}

}  // namespace

std::vector<Difference> compare_device(const traces::Trace& trace, Device& device,
                                       const Options& options) {
    const NamedBytes golden = golden_outputs(trace, options);
    std::vector<Difference> differences;
    walk(trace, device, options,
         [&](const traces::Tensor& tensor) { differences.push_back(compare(golden, tensor)); });
    add_missing(golden, differences);
    return differences;
}

std::vector<Difference> compare_file(const traces::Trace& trace, const std::string& path) {
    const auto file = traces::SafetensorsFile::open(path);
    const auto sha = file.metadata().find("trace_sha256");
    if (sha == file.metadata().end() || sha->second != trace.header_sha256()) {
        throw traces::error_in_metadata(path, "trace_sha256",
                                        "it was not recorded from " + trace.path());
    }
    const NamedBytes golden = golden_outputs(trace, options_of(path, file.metadata()));
    std::vector<Difference> differences;
    for (const traces::Tensor& tensor : file.tensors()) {
        if (tensor.name.rfind("trace.pad.", 0) == 0) continue;  // FORMAT.md: readers skip them
        differences.push_back(compare(golden, tensor));
    }
    add_missing(golden, differences);
    return differences;
}

std::vector<Rung2Case> rung2_cases(const std::vector<std::uint32_t>& lengths) {
    std::vector<Rung2Case> cases;
    for (const std::uint32_t tokens : lengths) {
        for (const std::uint32_t batch : {1U, 2U}) {
            add_cases(cases, random_info(Phase::Prefill, batch, tokens, 96));
        }
    }
    add_cases(cases, wide_layer(768, 512));
    add_cases(cases, wide_layer(2560, 33));
    return cases;
}

bool run_cases(const std::vector<Rung2Case>& cases, Device& device, const std::string& scratch,
               std::ostream& out) {
    Sums sums;
    std::uint64_t seed = 1;
    for (const Rung2Case& c : cases) {
        const traces::Trace trace = random_trace(scratch, c.info, seed++);
        const std::vector<Difference> differences = compare_device(trace, device, c.options);
        std::filesystem::remove(scratch);
        const std::uint64_t mismatches = total_mismatches(differences);
        out << std::left << std::setw(52) << c.name << std::right << std::setw(4)
            << differences.size() << " tensors" << std::setw(8) << mismatches << " mismatches"
            << std::endl;
        if (mismatches > 0) print_table(out, "In this case:", differences);
        sums.add(differences);
    }
    print_table(out, "All cases on " + device.info().gpu + ":", sums.all());
    return total_mismatches(sums.all()) == 0;
}

}  // namespace mambasic::cuda_ref
