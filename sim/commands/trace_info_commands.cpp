// mambasic trace info, validate, slice: look at a trace, trust it, cut it.
#include <iostream>
#include <set>

#include "reports/human.h"
#include "reports/table.h"
#include "sim/commands/json_output.h"
#include "sim/commands/open_trace.h"
#include "sim/commands/trace_verbs.h"
#include "sim/commands/usual_scheme.h"
#include "traces/describe.h"
#include "traces/synth/slice.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;
using reports::Align;
using reports::Table;
using traces::Trace;

void describe_info(po::options_description& options) {
    auto add = options.add_options();
    add("file", po::value<std::string>(), "the trace");
    add("tensors", po::bool_switch(), "list every tensor as well");
    add_json_option(options);
}

std::string shape_text(const traces::Tensor& tensor) {
    std::string text;
    for (const std::uint64_t extent : tensor.shape) {
        text += (text.empty() ? "" : " x ") + std::to_string(extent);
    }
    return text.empty() ? "scalar" : text;
}

// The word in the file tells of groups only, and is what a program has to know.
std::string scheme_of(const Trace& trace) {
    const std::string& word = trace.info().scheme;
    const std::string name = scheme_text(trace);
    return name == word ? word : name + " (the file's word is " + word + ")";
}

// What is a name, though it may look like a number.
bool is_text(const std::string& what) {
    static const std::set<std::string> texts = {
        "file",   "model",    "family",      "scheme", "precision",    "phase",
        "record", "producer", "data_sha256", "groups", "table_groups", "header_sha256"};
    return texts.count(what) == 1;
}

std::string info_document(const Trace& trace, bool with_tensors) {
    Json facts = Json::object();
    for (const auto& [what, value] : traces::describe(trace)) {
        facts[what] = is_text(what) ? Json(value) : json_word(value);
    }
    Json document = {{"facts", facts}};
    if (with_tensors) {
        document["tensors"] = Json::array();
        for (const traces::Tensor& tensor : trace.tensors()) {
            document["tensors"].push_back({{"name", tensor.name},
                                           {"type", traces::name_of(tensor.dtype)},
                                           {"shape", tensor.shape},
                                           {"bytes", tensor.bytes()}});
        }
    }
    return json_document("mambasic-trace-info/1", document);
}

int info_command(const Arguments& arguments) {
    const Trace trace = open_trace(arguments.text("file"));
    if (arguments.has("json")) {
        std::cout << info_document(trace, arguments.has("tensors"));
        return kExitDone;
    }
    Table facts({{"what", Align::Left}, {"value", Align::Left}});
    for (const auto& [what, value] : traces::describe(trace)) {
        facts.add_row({what, what == "scheme" ? scheme_of(trace) : value});
    }
    std::cout << facts.text();
    if (arguments.has("tensors")) {
        Table tensors({{"tensor", Align::Left}, {"type", Align::Left}, {"shape"}, {"bytes"}});
        for (const traces::Tensor& tensor : trace.tensors()) {
            tensors.add_row({tensor.name, traces::name_of(tensor.dtype), shape_text(tensor),
                             reports::grouped(tensor.bytes())});
        }
        std::cout << "\n" << tensors.text();
    }
    return kExitDone;
}

void describe_validate(po::options_description& options) {
    options.add_options()("file", po::value<std::string>(), "the trace");
    add_json_option(options);
}

int validate_command(const Arguments& arguments) {
    const Trace trace = open_trace(arguments.text("file"));
    const std::vector<std::string> remarks = traces::validate(trace);
    if (arguments.has("json")) {
        std::cout << json_document("mambasic-trace-validate/1",
                                   {{"file", trace.path()},
                                    {"valid", true},
                                    {"tensors", trace.tensors().size()},
                                    {"shapes_only", trace.info().shapes_only},
                                    {"remarks", remarks}});
        return kExitDone;
    }
    for (const std::string& remark : remarks) std::cout << "remark: " << remark << "\n";
    std::cout << "valid: " << reports::grouped(trace.tensors().size()) << " tensors, "
              << (trace.info().shapes_only ? "shapes only" : "data and hash agree") << "\n";
    return kExitDone;
}

void describe_slice(po::options_description& options) {
    auto add = options.add_options();
    add("file", po::value<std::string>(), "the trace to cut from");
    add("layers", po::value<std::string>(), "FIRST:END, layers of the model, as in 0:4");
    add("out", po::value<std::string>(), "the file to write");
    add_json_option(options);
}

int slice_command(const Arguments& arguments) {
    const Trace trace = open_trace(arguments.text("file"));
    if (!arguments.has("layers")) arguments.reject("layers", "is missing, as in --layers 0:4");
    const LayerRange layers = layer_range(arguments, trace.info());
    const std::string path = checked_file(arguments, "out", trace.path());
    traces::synth::slice(trace, layers.first, layers.count, path);
    const Trace made = Trace::open(path);
    if (arguments.has("json")) {
        std::cout << written_document(
            path, {{"first_layer", made.info().first_layer}, {"layers", made.info().layers}});
        return kExitDone;
    }
    std::cout << "wrote " << path << ", " << reports::human_bytes(made.file_bytes()) << ": layers "
              << made.info().first_layer << ":" << made.info().first_layer + made.info().layers
              << "\n";
    return kExitDone;
}

}  // namespace

LayerRange layer_range(const Arguments& arguments, const traces::TraceInfo& info) {
    const auto range = arguments.range("layers");
    if (!range) return {0, info.layers};
    const std::uint32_t end = info.first_layer + info.layers;
    if (range->first < info.first_layer || range->second > end) {
        arguments.reject("layers", "the trace holds layers " + std::to_string(info.first_layer) +
                                       ":" + std::to_string(end));
    }
    return {range->first - info.first_layer, range->second - range->first};
}

std::vector<Verb> trace_verbs() {
    return {trace_synth_verb(),
            trace_group_verb(),
            {"trace info",
             "what a trace holds",
             "FILE [--tensors]",
             "mambasic trace info traces/samples/tiny-prefill.safetensors",
             {"file"},
             describe_info,
             info_command},
            {"trace validate",
             "read a trace to its end: shapes, values, hash",
             "FILE",
             "mambasic trace validate traces/samples/tiny-prefill.safetensors",
             {"file"},
             describe_validate,
             validate_command},
            {"trace slice",
             "cut some layers out of a trace",
             "FILE --layers FIRST:END --out F",
             "mambasic trace slice traces/samples/tiny-prefill.safetensors --layers 1:2 --out "
             "second.safetensors",
             {"file"},
             describe_slice,
             slice_command}};
}

}  // namespace mambasic::sim
