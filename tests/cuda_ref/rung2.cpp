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
#include "traces/x_code_text.h"

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

void read_mamba1_options(const std::string& path, const Metadata& metadata, Options& options) {
    if (choice_of(path, metadata, "scan_order", {"sequential", "cub"}) == 1) {
        options.scan_order = ScanOrder::Cub;
    }
    options.ssm_sum = sum_of(path, metadata, "ssm_sum");
}

void read_mamba2_options(const std::string& path, const Metadata& metadata, Options& options) {
    if (choice_of(path, metadata, "ssd_order", {"recurrent", "chunked"}) == 1) {
        options.ssd_order = SsdOrder::Chunked;
    }
    options.gated_norm_sum = sum_of(path, metadata, "gated_norm_sum");
    options.ssd_sum = sum_of(path, metadata, "ssd_sum");
}

/// Where the file tells none, as those did that were recorded before there were others: int8. One
/// word for all layers; a run by layers has the codes of its trace.
void read_codes(const std::string& path, const Metadata& metadata, Options& options) {
    const auto codes = metadata.find("x_code");
    traces::XCode code;
    if (codes == metadata.end() || traces::read_x_code(codes->second, code)) options.x_code = code;
    if (metadata.count("x_proj_input") == 0) return;
    options.x_proj_input = static_cast<traces::XProjInput>(
        choice_of(path, metadata, "x_proj_input", {"copy", "requantized", "codes"}));
}

Options options_of(const std::string& path, const Metadata& metadata, bool mamba2) {
    Options options;
    read_codes(path, metadata, options);
    if (choice_of(path, metadata, "softplus", {"log1p", "log_exp_plus_1"}) == 1) {
        options.softplus = arith::Softplus::LogExpPlus1;
    }
    options.norm_sum = sum_of(path, metadata, "norm_sum");
    options.quamba_quirks = choice_of(path, metadata, "quirks", {"none", "quamba"}) == 1;
    if (mamba2) {
        read_mamba2_options(path, metadata, options);
    } else {
        read_mamba1_options(path, metadata, options);
    }
    return options;
}

/// "mamba2 quamba2 w4a8 G 2", "mamba1 quamba1 w8a8 int5 codes"
std::string network_name(const traces::TraceInfo& info) {
    std::string name = info.family + " " + info.scheme + " " + info.precision;
    if (info.dims.mamba2()) name += " G " + std::to_string(info.dims.groups);
    if (!info.x_codes.empty()) {
        name += " " + traces::spell_x_codes(info.x_codes);
        if (!info.dims.mamba2()) name += std::string(" ") + traces::name_of(info.x_proj_input);
    }
    return name;
}

void add_case(std::vector<Rung2Case>& cases, const traces::TraceInfo& info,
              const std::string& order) {
    Rung2Case c{"", info, {}};
    if (order == "cub") c.options.scan_order = ScanOrder::Cub;
    if (order == "chunked") c.options.ssd_order = SsdOrder::Chunked;
    c.name = network_name(info) + ", " +
             (info.phase == Phase::Decode ? "decode" : "prefill, " + order) + ", D " +
             std::to_string(info.dims.d_model) + ", batch " + std::to_string(info.batch) + ", L " +
             std::to_string(info.tokens);
    cases.push_back(c);
}

void add_cases(std::vector<Rung2Case>& cases, traces::TraceInfo info) {
    info.phase = Phase::Prefill;
    add_case(cases, info, info.dims.mamba2() ? "recurrent" : "sequential");
    if (!info.dims.mamba2()) add_case(cases, info, "cub");
    if (info.dims.mamba2() && info.x_codes.empty()) add_case(cases, info, "chunked");
    info.phase = Phase::Decode;
    add_case(cases, info, "");
}

/// The same network with 4-bit weights, which come in groups of 128 inputs.
traces::TraceInfo four_bit(traces::TraceInfo info) {
    info.precision = "w4a8";
    return info;
}

/// Every format, with and without a table, and every way of x_proj's.
void add_codes(std::vector<Rung2Case>& cases, std::uint32_t tokens) {
    for (const char* codes : {"int5", "dual4-skewed-overflow", "dual4-signed-overflow-sparse1",
                              "dual4-skewed-threshold", "dual8-x4", "dual8-x3-sparse2",
                              "uniform8-x3", "int8-sim", "fp32"}) {
        auto mamba1 = with_codes(random_info(Phase::Prefill, 2, tokens, 96), codes);
        for (const auto input : {traces::XProjInput::Copy, traces::XProjInput::Requantized}) {
            mamba1.x_proj_input = input;
            add_cases(cases, mamba1);
            add_cases(cases, with_table(mamba1, 4, 4));
        }
        mamba1.x_proj_input = traces::XProjInput::Codes;
        if (mamba1.x_code(0).own_codes()) add_cases(cases, mamba1);
        const auto mamba2 = with_codes(random_mamba2_info(Phase::Prefill, 2, tokens, 96), codes);
        add_cases(cases, mamba2);
        add_cases(cases, without_groups(mamba2));
    }
}

/// Of E 192, 12 * 16, and 320, 40 * 8; without a table.
void add_rotations(std::vector<Rung2Case>& cases, std::uint32_t tokens) {
    for (const char* codes : {"rotated8-hadamard", "rotated8-dense"}) {
        for (const std::uint32_t d_model : {96U, 160U}) {
            auto mamba1 = with_codes(random_info(Phase::Prefill, 2, tokens, d_model), codes);
            for (const auto input : {traces::XProjInput::Copy, traces::XProjInput::Requantized}) {
                mamba1.x_proj_input = input;
                add_cases(cases, mamba1);
            }
            const auto mamba2 = random_mamba2_info(Phase::Prefill, 2, tokens, d_model);
            add_cases(cases, with_codes(without_groups(mamba2), codes));
        }
    }
}

traces::TraceInfo one_ssd_group(traces::TraceInfo info) {
    info.dims.groups = info.groups.ssd_groups = 1;
    return info;
}

traces::TraceInfo wide_layer(std::uint32_t d_model, std::uint32_t tokens) {
    traces::TraceInfo info = random_info(Phase::Prefill, 1, tokens, d_model);
    info.dims.dt_rank = d_model / 16;
    info.layers = 1;
    info.has_head = false;
    return info;
}

/// As mamba2-130m (D 768) and mamba2-2.7b (D 2560), with upstream's table of 4 by 4 groups.
traces::TraceInfo wide_mamba2_layer(std::uint32_t d_model, std::uint32_t tokens) {
    traces::TraceInfo info = one_ssd_group(random_mamba2_info(Phase::Prefill, 1, tokens, d_model));
    info.dims.head_dim = 64;
    info.dims.heads = info.dims.d_inner / info.dims.head_dim;
    info.dims.d_state = 128;
    info.dims.chunk = 256;
    info.groups = {1, 4, 4};
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
    const NamedBytes golden =
        golden_outputs(trace, options_of(path, file.metadata(), trace.info().dims.mamba2()));
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
            add_cases(cases, with_table(random_info(Phase::Prefill, batch, tokens, 96), 4, 4));
            add_cases(cases, random_mamba2_info(Phase::Prefill, batch, tokens, 96));
            add_cases(cases, four_bit(random_mamba2_info(Phase::Prefill, batch, tokens, 128)));
        }
        const auto mamba2 = random_mamba2_info(Phase::Prefill, 1, tokens, 96);
        add_cases(cases, one_ssd_group(mamba2));
        add_cases(cases, without_groups(mamba2));
        add_cases(cases, four_bit(random_info(Phase::Prefill, 1, tokens, 128)));
    }
    add_codes(cases, 129);
    add_rotations(cases, 129);
    add_cases(cases, wide_layer(768, 512));
    add_cases(cases, wide_layer(2560, 33));
    add_cases(cases, four_bit(with_table(wide_layer(2560, 33), 4, 4)));
    add_cases(cases, wide_mamba2_layer(768, 512));
    add_cases(cases, four_bit(wide_mamba2_layer(2560, 33)));
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
        out << std::left << std::setw(72) << c.name << std::right << std::setw(4)
            << differences.size() << " tensors" << std::setw(8) << mismatches << " mismatches"
            << std::endl;
        if (mismatches > 0) print_table(out, "In this case:", differences);
        sums.add(differences);
    }
    print_table(out, "All cases on " + device.info().gpu + ":", sums.all());
    return total_mismatches(sums.all()) == 0;
}

}  // namespace mambasic::cuda_ref
