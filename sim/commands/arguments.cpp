#include "sim/commands/arguments.h"

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/option.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <charconv>

#include "models/common/error.h"
#include "models/common/nearest.h"
#include "sim/shell_words.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

std::vector<std::string> long_names(const po::options_description& options) {
    std::vector<std::string> names;
    for (const auto& option : options.options()) names.push_back("--" + option->long_name());
    return names;
}

// The whole of `text` as a number, or nothing.
template <typename T>
std::optional<T> parsed(const std::string& text) {
    T value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return text;
}

}  // namespace

Arguments::Arguments(std::string verb, const po::options_description& options,
                     const std::vector<std::string>& positional,
                     const std::vector<std::string>& words)
    : verb_(std::move(verb)), positional_(positional) {
    po::positional_options_description bare;
    for (const std::string& name : positional) bare.add(name.c_str(), 1);
    // Guessing would let "--out" stand for an "--outliers" of a later version.
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    try {
        po::store(
            po::command_line_parser(words).options(options).positional(bare).style(style).run(),
            values_);
    } catch (const po::unknown_option& e) {
        const std::string name = e.get_option_name();
        reject("unknown option '" + name + "'" + models::suggestion(name, long_names(options)));
    } catch (const po::too_many_positional_options_error&) {
        const std::string takes = positional.empty()
                                      ? "options only"
                                      : std::to_string(positional.size()) + " before options";
        reject("too many words; it takes " + takes + ", see mambasic " + verb_ + " --help");
    } catch (const po::multiple_occurrences& e) {
        reject(e.get_option_name() + " is given twice");
    } catch (const po::error& e) {
        reject(e.what());
    }
}

void Arguments::reject(const std::string& what) const {
    throw models::UserError("mambasic " + verb_ + ": " + what);
}

void Arguments::reject(const std::string& name, const std::string& what) const {
    const bool bare = std::find(positional_.begin(), positional_.end(), name) != positional_.end();
    reject((bare ? upper(name) : "--" + name) + ": " + what);
}

bool Arguments::has(const std::string& name) const {
    const auto& value = values_[name];
    if (value.empty()) return false;
    const bool* flag = boost::any_cast<bool>(&value.value());
    return flag == nullptr || *flag;
}

std::string Arguments::text(const std::string& name) const {
    if (!has(name)) reject(name, "is missing; see mambasic " + verb_ + " --help");
    std::string value = values_[name].as<std::string>();
    if (value.empty()) reject(name, "is empty");
    return value;
}

std::string Arguments::text_or(const std::string& name, const std::string& otherwise) const {
    return has(name) ? text(name) : otherwise;
}

std::vector<std::string> Arguments::list(const std::string& name) const {
    return has(name) ? values_[name].as<std::vector<std::string>>() : std::vector<std::string>{};
}

std::uint32_t Arguments::integer(const std::string& name, std::uint32_t low,
                                 std::uint32_t high) const {
    const std::string word = text(name);
    const std::optional<std::uint32_t> value = parsed<std::uint32_t>(word);
    if (!value || *value < low || *value > high) {
        reject(name, "'" + word + "' must be an integer from " + std::to_string(low) + " to " +
                         std::to_string(high));
    }
    return *value;
}

std::uint32_t Arguments::integer_or(const std::string& name, std::uint32_t low, std::uint32_t high,
                                    std::uint32_t otherwise) const {
    return has(name) ? integer(name, low, high) : otherwise;
}

double Arguments::number_or(const std::string& name, double low, double high,
                            double otherwise) const {
    if (!has(name)) return otherwise;
    const std::string word = text(name);
    const std::optional<double> value = parsed<double>(word);
    if (!value || !(*value >= low && *value <= high)) {
        char range[80];
        std::snprintf(range, sizeof(range), "' must be a number from %g to %g", low, high);
        reject(name, "'" + word + range);
    }
    return *value;
}

std::string Arguments::choice(const std::string& name,
                              const std::vector<std::string>& choices) const {
    std::string word = text(name);
    if (std::find(choices.begin(), choices.end(), word) == choices.end()) {
        reject(name, "unknown value '" + word + "'" + models::suggestion(word, choices));
    }
    return word;
}

std::string Arguments::choice_or(const std::string& name, const std::vector<std::string>& choices,
                                 const std::string& otherwise) const {
    return has(name) ? choice(name, choices) : otherwise;
}

std::optional<std::pair<std::uint32_t, std::uint32_t>> Arguments::range(
    const std::string& name) const {
    if (!has(name)) return std::nullopt;
    const std::string word = text(name);
    const std::size_t colon = word.find(':');
    const auto first = parsed<std::uint32_t>(word.substr(0, colon));
    const auto end =
        parsed<std::uint32_t>(colon == std::string::npos ? "" : word.substr(colon + 1));
    if (!first || !end || *first >= *end) {
        reject(name,
               "'" + word + "' must be FIRST:END with FIRST < END, as in 0:4 for layers 0 to 3");
    }
    return std::pair(*first, *end);
}

std::string Arguments::command(const std::vector<std::string>& deciding) const {
    std::string text = "mambasic " + verb_;
    for (const std::string& name : deciding) {
        if (!has(name)) continue;
        const bool bare =
            std::find(positional_.begin(), positional_.end(), name) != positional_.end();
        const std::string option = bare ? " " : " --" + name;
        const auto& value = values_[name].value();
        if (const auto* one = boost::any_cast<std::string>(&value)) {
            text += option + (bare ? "" : " ") + path_word(*one);
        } else if (const auto* many = boost::any_cast<std::vector<std::string>>(&value)) {
            for (const std::string& each : *many) text += option + " " + shell_word(each);
        } else {
            text += option;
        }
    }
    return text;
}

}  // namespace mambasic::sim
