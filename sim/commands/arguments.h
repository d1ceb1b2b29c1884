// The words of one verb's command line, parsed. Every wrong word is a UserError that names it and
// the nearest right one.
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mambasic::sim {

class Arguments {
public:
    /// `positional`: options that bare words fill, in order. `verb` is for messages.
    Arguments(std::string verb, const boost::program_options::options_description& options,
              const std::vector<std::string>& positional, const std::vector<std::string>& words);

    bool has(const std::string& name) const;          // given at all; for flags: set
    std::string text(const std::string& name) const;  // required
    std::string text_or(const std::string& name, const std::string& otherwise) const;
    std::vector<std::string> list(const std::string& name) const;  // of a repeatable option
    std::uint32_t integer(const std::string& name, std::uint32_t low, std::uint32_t high) const;
    std::uint32_t integer_or(const std::string& name, std::uint32_t low, std::uint32_t high,
                             std::uint32_t otherwise) const;
    double number_or(const std::string& name, double low, double high, double otherwise) const;
    std::string choice(const std::string& name, const std::vector<std::string>& choices) const;
    std::string choice_or(const std::string& name, const std::vector<std::string>& choices,
                          const std::string& otherwise) const;
    /// "a:b", a < b, as a pair.
    std::optional<std::pair<std::uint32_t, std::uint32_t>> range(const std::string& name) const;

    /// The command as a report states it: only the options that decide figures, and paths from the
    /// current folder, so that it can be pasted there, or into another checkout.
    std::string command(const std::vector<std::string>& deciding) const;

    /// Throws UserError "mambasic VERB: --name: what".
    [[noreturn]] void reject(const std::string& name, const std::string& what) const;

private:
    [[noreturn]] void reject(const std::string& what) const;

    const std::string verb_;
    const std::vector<std::string> positional_;
    boost::program_options::variables_map values_;
};

}  // namespace mambasic::sim
