// Rewrites a Mamba1 trace of one scale so that its layers have tables of scales: groups of any
// size, and scales of every cell that lie about the one there was. x_proj keeps its weights, so
// such a model computes nothing useful; that every channel needs its own cell's scales is the
// point.
#include <algorithm>
#include <exception>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "traces/layer_groups.h"
#include "traces/layout.h"
#include "traces/metadata.h"
#include "traces/safetensors.h"
#include "traces/trace.h"
#include "traces/writer.h"

namespace {

using namespace mambasic::traces;

/// "one", or groups as in 4x2.
std::optional<GroupShape> groups_from(const std::string& word) {
    if (word == "one") return std::nullopt;
    const std::size_t cross = word.find('x');
    const auto count = [](const std::string& digits) {
        return static_cast<std::uint32_t>(std::stoul(digits));
    };
    return GroupShape{1, count(word.substr(0, cross)), count(word.substr(cross + 1))};
}

class Rewriter {
public:
    Rewriter(const Trace& from, const std::string& to, const TraceInfo& info)
        : from_(from),
          info_(info),
          wanted_(layout(info)),
          writer_(to, metadata_of(info), wanted_) {}

    void run() {
        for (const Tensor& tensor : wanted_) append(tensor);
        writer_.finish();
    }

private:
    static bool ends_in(const std::string& name, const std::string& end) {
        return name.size() > end.size() &&
               name.compare(name.size() - end.size(), end.size(), end) == 0;
    }

    template <typename T>
    void append(const Tensor& tensor, const std::vector<T>& values) {
        writer_.append(tensor.name, values.data(), values.size() * sizeof(T));
    }

    void append(const Tensor& tensor) {
        const Tensor* before = from_.find(tensor.name);
        if (ends_in(tensor.name, "x_head_group_range")) {
            append(tensor, ends(1, tensor.elements(), info_.dims.table_heads()));
        } else if (ends_in(tensor.name, "x_dim_group_range")) {
            append(tensor, ends(tensor.shape[1], tensor.shape[2], info_.dims.table_head_dim()));
        } else if (ends_in(tensor.name, "x_out_scales")) {
            const std::string mixer = tensor.name.substr(0, tensor.name.rfind("conv1d."));
            append(tensor, scales(tensor.elements(), mixer + "selective_scan.u_scale"));
        } else if (before->shape != tensor.shape) {
            append(tensor, scales(tensor.elements(), tensor.name));
        } else {
            writer_.append(tensor.name, before->data, before->bytes());
        }
    }

    /// Rows of ascending ends, the last one `size`: groups of any size but zero.
    std::vector<std::int32_t> ends(std::uint64_t rows, std::uint64_t groups, std::uint32_t size) {
        std::vector<std::int32_t> all;
        for (std::uint64_t r = 0; r < rows; ++r) {
            std::vector<std::int32_t> cuts(size - 1);
            for (std::uint32_t i = 1; i < size; ++i) cuts[i - 1] = static_cast<std::int32_t>(i);
            std::shuffle(cuts.begin(), cuts.end(), random_);
            cuts.resize(groups - 1);
            cuts.push_back(static_cast<std::int32_t>(size));
            std::sort(cuts.begin(), cuts.end());
            all.insert(all.end(), cuts.begin(), cuts.end());
        }
        return all;
    }

    /// From half to one and a half times what the trace had.
    std::vector<float> scales(std::uint64_t count, const std::string& before) {
        const float one = *from_.find(before)->as<float>();
        std::vector<float> values(count);
        for (float& v : values) v = one * (0.5F + static_cast<float>(random_() >> 8) * 0x1p-24F);
        return values;
    }

    const Trace& from_;
    const TraceInfo info_;
    const std::vector<Tensor> wanted_;
    SafetensorsWriter writer_;
    std::mt19937 random_;
};

void rewrite(const std::string& from, const std::string& to, const LayerGroups& groups) {
    const Trace trace = Trace::open(from);
    TraceInfo info = trace.info();
    info.record = RecordLevel::None;
    info.producer = "make_grouped_trace";
    set_layer_groups(groups, info);
    Rewriter(trace, to, info).run();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        std::cerr << "make_grouped_trace FROM TO GROUPS...\n";
        return 2;
    }
    try {
        LayerGroups groups;
        for (int i = 3; i < argc; ++i) groups.push_back(groups_from(argv[i]));
        rewrite(argv[1], argv[2], groups);
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 2;
    }
    return 0;
}
