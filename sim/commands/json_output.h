// --json: one machine-readable document on stdout in place of the text; errors stay on stderr.
#pragma once

#include <boost/program_options/options_description.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace mambasic::sim {

/// Keys stay in the order in which they were put in.
using Json = nlohmann::ordered_json;

/// Describes the option; every verb that prints takes it.
void add_json_option(boost::program_options::options_description& options);

/// The whole document: {"schema": schema, ...fields}.
std::string json_document(const char* schema, const Json& fields);

/// What a verb says that wrote a file: schema "mambasic-written/1" with its path, its size and
/// `more`.
std::string written_document(const std::string& path, const Json& more);

/// The number or truth value that the text spells, else the text.
Json json_word(const std::string& text);

/// The lines of a CSV without quotes, each an object by the names in the first line; an empty cell
/// is null.
Json json_rows(const std::string& csv);

}  // namespace mambasic::sim
