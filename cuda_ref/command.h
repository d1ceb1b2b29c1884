// The command line of mambasic_cuda_ref, apart from main() so that tests can run it on any Device.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cuda_ref/recorder.h"

namespace mambasic::cuda_ref {

struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// An option of one family, and what the other one has in its place.
struct FamilyOption {
    std::string name;
    traces::Family family;
    std::string elsewhere;
};

struct Command {
    bool help = false;
    std::string trace;
    std::string out;
    Options options;
    std::vector<FamilyOption> of_one_family;  // those given
};

/// Throws UsageError: what is wrong, and the valid choices.
Command parse_command(const std::vector<std::string>& arguments);

using DeviceFactory = std::function<std::unique_ptr<Device>()>;

/// The whole run; returns the exit status (0 recorded, 2 the user's input or no GPU, 3 internal).
int run_command(const std::vector<std::string>& arguments, const DeviceFactory& open_device,
                const BuildInfo& build, std::ostream& out, std::ostream& err);

}  // namespace mambasic::cuda_ref
