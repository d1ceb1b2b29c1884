#include "cuda_ref/command.h"

#include <filesystem>
#include <ostream>

#include "cuda_ref/run_info.h"
#include "traces/error.h"
#include "traces/x_code_text.h"

namespace mambasic::cuda_ref {

namespace {

constexpr const char* kHelp =
    "usage: mambasic_cuda_ref TRACE -o REF [options]\n"
    "Runs a trace on the first CUDA GPU and writes every output tensor to REF (safetensors),\n"
    "with the GPU, driver, build and trace it comes from in the metadata.\n"
    "  --order sequential|cub             of a Mamba1 prefill's scan (default: sequential)\n"
    "  --order recurrent|chunked          of a Mamba2 prefill's (default: recurrent)\n"
    "  --softplus log1p|log-exp-plus-1    (default: log1p)\n"
    "  --norm-sum sequential|W            tree width of RMSNorm's sum (default: 8)\n"
    "  --gated-norm-sum sequential|W      of Mamba2's gated norm (default: 8)\n"
    "  --ssm-sum sequential|W             of Mamba1's sum over states (default: sequential)\n"
    "  --ssd-sum sequential|W             of Mamba2's (default: 16)\n"
    "  --x-code CODE                      of the convolution's x, such as int8-sim or dual8-x4\n"
    "                                     (default: the trace's)\n"
    "  --x-proj-input copy|requantized|codes\n"
    "                                     of Mamba1 with another code than int8 (likewise)\n"
    "  --quirks none|quamba               upstream's int8 wrap-around (default: none)\n";

struct Choice {
    const char* text;
    int value;
};

int choose(const std::string& option, const std::string& value,
           const std::vector<Choice>& choices) {
    std::string valid;
    for (const Choice& choice : choices) {
        if (value == choice.text) return choice.value;
        valid += (valid.empty() ? "'" : " or '") + std::string(choice.text) + "'";
    }
    throw UsageError(option + ": '" + value + "' is not " + valid);
}

SumOrder sum_order(const std::string& option, const std::string& value) {
    if (value == "sequential") return {0};
    for (std::uint32_t width = 2; width <= 256; width *= 2) {
        if (value == std::to_string(width)) return {width};
    }
    throw UsageError(option + ": '" + value +
                     "' is not 'sequential' or a power of two from 2 to 256");
}

void set_order(Command& command, const std::string& value) {
    Options& options = command.options;
    const int order =
        choose("--order", value, {{"sequential", 0}, {"cub", 1}, {"recurrent", 2}, {"chunked", 3}});
    if (order < 2) {
        options.scan_order = order == 1 ? ScanOrder::Cub : ScanOrder::Sequential;
        command.of_one_family.push_back({"--order " + value, traces::Family::Mamba1,
                                         "has the orders 'recurrent' and 'chunked'"});
    } else {
        options.ssd_order = order == 3 ? SsdOrder::Chunked : SsdOrder::Recurrent;
        command.of_one_family.push_back(
            {"--order " + value, traces::Family::Mamba2, "has the orders 'sequential' and 'cub'"});
    }
}

/// False where `option` is no sum's.
bool set_sum(Command& command, const std::string& option, const std::string& value) {
    Options& options = command.options;
    if (option == "--norm-sum") {
        options.norm_sum = sum_order(option, value);
    } else if (option == "--gated-norm-sum") {
        options.gated_norm_sum = sum_order(option, value);
        command.of_one_family.push_back({option, traces::Family::Mamba2, "has no gated norm"});
    } else if (option == "--ssm-sum") {
        options.ssm_sum = sum_order(option, value);
        command.of_one_family.push_back({option, traces::Family::Mamba1, "has --ssd-sum"});
    } else if (option == "--ssd-sum") {
        options.ssd_sum = sum_order(option, value);
        command.of_one_family.push_back({option, traces::Family::Mamba2, "has --ssm-sum"});
    } else {
        return false;
    }
    return true;
}

traces::XCode x_code(const std::string& value) {
    traces::XCode code;
    if (!traces::read_x_code(value, code)) {
        throw UsageError("--x-code: '" + value +
                         "' is no code such as int8, fp32, int8-sim, int5, "
                         "dual4-skewed-overflow, dual8-x4, uniform8-x4 or rotated8-hadamard");
    }
    return code;
}

traces::XProjInput x_proj_input(Command& command, const std::string& value) {
    command.of_one_family.push_back({"--x-proj-input", traces::Family::Mamba1, "has no x_proj"});
    return static_cast<traces::XProjInput>(
        choose("--x-proj-input", value, {{"copy", 0}, {"requantized", 1}, {"codes", 2}}));
}

void set_option(Command& command, const std::string& option, const std::string& value) {
    Options& options = command.options;
    if (option == "-o" || option == "--out") {
        command.out = value;
    } else if (option == "--order") {
        set_order(command, value);
    } else if (option == "--softplus") {
        const int log1p = choose(option, value, {{"log1p", 1}, {"log-exp-plus-1", 0}});
        options.softplus = log1p != 0 ? arith::Softplus::Log1p : arith::Softplus::LogExpPlus1;
    } else if (option == "--quirks") {
        options.quamba_quirks = choose(option, value, {{"none", 0}, {"quamba", 1}}) != 0;
    } else if (option == "--x-code") {
        options.x_code = x_code(value);
    } else if (option == "--x-proj-input") {
        options.x_proj_input = x_proj_input(command, value);
    } else if (!set_sum(command, option, value)) {
        throw UsageError("unknown option '" + option + "'; see --help");
    }
}

void check_chunked(const Command& command) {
    if (command.options.ssd_order != SsdOrder::Chunked) return;
    for (const FamilyOption& option : command.of_one_family) {
        if (option.name != "--ssd-sum") continue;
        throw UsageError("--ssd-sum: order chunked has sums of its own");
    }
}

void check_complete(const Command& command) {
    if (command.trace.empty()) throw UsageError("no trace given; see --help");
    if (command.out.empty()) throw UsageError("no output file given: -o REF");
    const bool cub = command.options.scan_order == ScanOrder::Cub;
    if (cub && command.options.ssm_sum.tree_width != 0) {
        throw UsageError("--ssm-sum: order cub sums the states in sequence");
    }
    check_chunked(command);
    std::error_code absent;  // a file that does not exist is no match
    if (std::filesystem::equivalent(command.trace, command.out, absent)) {
        throw UsageError("-o " + command.out + ": would overwrite the trace");
    }
}

void check_family(const Command& command, const traces::TraceInfo& info) {
    for (const FamilyOption& option : command.of_one_family) {
        if (option.family == info.dims.family) continue;
        throw UsageError(option.name + ": " + command.trace + " is of " + info.family + ", which " +
                         option.elsewhere);
    }
}

traces::TraceInfo checked_info(const Command& command, const traces::Trace& trace) {
    try {
        return run_info(trace.info(), command.options);
    } catch (const std::invalid_argument& error) {
        throw UsageError(command.trace + ": " + error.what());
    }
}

void run(const Command& command, const DeviceFactory& open_device, const BuildInfo& build,
         std::ostream& out) {
    const traces::Trace trace = traces::Trace::open(command.trace);
    if (trace.info().shapes_only) {
        throw UsageError(command.trace + ": holds shapes only, there is nothing to compute from");
    }
    check_family(command, trace.info());
    const traces::TraceInfo info = checked_info(command, trace);
    const std::unique_ptr<Device> device = open_device();
    record(trace, *device, command.options, build, command.out);
    out << command.out << ": " << reference_layout(info).size() << " tensors from "
        << device->info().gpu << '\n';
}

}  // namespace

Command parse_command(const std::vector<std::string>& arguments) {
    Command command;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if (argument == "-h" || argument == "--help") {
            command.help = true;
            return command;
        }
        if (argument.size() > 1 && argument[0] == '-') {
            if (i + 1 == arguments.size()) throw UsageError(argument + ": its value is missing");
            set_option(command, argument, arguments[++i]);
        } else if (command.trace.empty()) {
            command.trace = argument;
        } else {
            throw UsageError("'" + argument + "': only one trace can be recorded at a time");
        }
    }
    check_complete(command);
    return command;
}

int run_command(const std::vector<std::string>& arguments, const DeviceFactory& open_device,
                const BuildInfo& build, std::ostream& out, std::ostream& err) {
    try {
        const Command command = parse_command(arguments);
        if (command.help) {
            out << kHelp;
        } else {
            run(command, open_device, build, out);
        }
        return 0;
    } catch (const UsageError& error) {
        err << "mambasic_cuda_ref: " << error.what() << '\n';
        return 2;
    } catch (const traces::TraceError& error) {
        err << "mambasic_cuda_ref: " << error.what() << '\n';
        return 2;
    } catch (const DeviceError& error) {
        err << "mambasic_cuda_ref: " << error.what() << '\n';
        return 2;
    } catch (const std::exception& error) {
        err << "mambasic_cuda_ref: internal error: " << error.what() << '\n';
        return 3;
    }
}

}  // namespace mambasic::cuda_ref
