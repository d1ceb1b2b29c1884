#include "models/common/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "models/common/error.h"

namespace mambasic::models {

namespace {

constexpr std::uintmax_t kLargestFile = 1U << 20U;
constexpr std::size_t kDeepest = 32;
constexpr std::size_t kMostKeys = 1000;  // of one mapping; keys are found by walking over them

YamlMark to_mark(const YAML::Mark& mark, const std::string& name) {
    // yaml-cpp counts from 0 and says -1 where it does not know.
    const auto from_one = [](int n) { return static_cast<std::uint32_t>(n < 0 ? 1 : n + 1); };
    return {name, from_one(mark.line), from_one(mark.column)};
}

// Listens to the parser's events instead of using YAML::Node, which drops duplicate keys, loses
// quotes and follows aliases into cycles.
class TreeBuilder : public YAML::EventHandler {
public:
    explicit TreeBuilder(std::string name) : name_(std::move(name)) {}
    YamlNodePtr root() const { return root_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (root_) fail(mark, "a second document starts here; one file holds one document");
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        if (stack_.empty()) fail(mark, "the document is empty");
        if (expects_key()) fail(mark, "a key must be a word");
        const Open& top = stack_.back();
        if (top.node->kind != YamlNode::Kind::Map) fail(mark, "an item is empty");
        // The parser notices at the next key; the user looks at this one.
        throw UserError(top.key_mark.text() + ": key '" + top.key + "' has no value");
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        fail(mark, kNoAnchors);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse_extras(mark, tag, anchor);
        if (expects_key()) {
            take_key(mark, value);
            return;
        }
        auto node = make(YamlNode::Kind::Scalar, mark);
        node->scalar = value;
        node->quoted = tag == "!";  // yaml-cpp's mark of a scalar that is not plain
        add(node);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        open(YamlNode::Kind::Sequence, mark, tag, anchor);
    }
    void OnSequenceEnd() override { stack_.pop_back(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        open(YamlNode::Kind::Map, mark, tag, anchor);
    }
    void OnMapEnd() override { stack_.pop_back(); }

private:
    struct Open {
        std::shared_ptr<YamlNode> node;
        bool has_key = false;
        std::string key;
        YamlMark key_mark;
    };
    static constexpr const char* kNoAnchors =
        "anchors and aliases are not read here; write the value out, or use 'extends:'";

    [[noreturn]] void fail(const YAML::Mark& mark, const std::string& message) const {
        throw UserError(to_mark(mark, name_).text() + ": " + message);
    }
    bool expects_key() const {
        return !stack_.empty() && stack_.back().node->kind == YamlNode::Kind::Map &&
               !stack_.back().has_key;
    }
    std::shared_ptr<YamlNode> make(YamlNode::Kind kind, const YAML::Mark& mark) const {
        auto node = std::make_shared<YamlNode>();
        node->kind = kind;
        node->mark = to_mark(mark, name_);
        return node;
    }
    void refuse_extras(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        if (anchor != YAML::NullAnchor) fail(mark, kNoAnchors);
        if (!tag.empty() && tag != "?" && tag != "!") fail(mark, "tags are not read here");
    }
    void take_key(const YAML::Mark& mark, const std::string& key) {
        constexpr std::size_t kLongestKey = 100;
        const auto control = [](unsigned char c) { return c < ' ' || c == 127; };
        if (key.size() > kLongestKey || std::any_of(key.begin(), key.end(), control)) {
            fail(mark, "a key must be a word");
        }
        if (key == "<<") fail(mark, "merge keys are not read here; use 'extends:'");
        Open& top = stack_.back();
        if (top.node->entries.size() >= kMostKeys) fail(mark, "too many keys in one mapping");
        if (const YamlEntry* first = top.node->find(key)) {
            fail(mark, "key '" + key + "' is given twice, first at " + first->key_mark.text());
        }
        top.has_key = true;
        top.key = key;
        top.key_mark = to_mark(mark, name_);
    }
    void add(const std::shared_ptr<YamlNode>& node) {
        if (stack_.empty()) {
            root_ = node;
            return;
        }
        Open& top = stack_.back();
        if (top.node->kind == YamlNode::Kind::Sequence) {
            top.node->items.push_back(node);
        } else {
            // A mapping is found by its key, in front of the first key that it holds.
            if (node->kind == YamlNode::Kind::Map) node->mark = top.key_mark;
            top.node->entries.push_back({top.key, top.key_mark, node});
            top.has_key = false;
        }
    }
    void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
              YAML::anchor_t anchor) {
        refuse_extras(mark, tag, anchor);
        if (expects_key()) fail(mark, "a key must be a word");
        if (stack_.size() >= kDeepest) fail(mark, "nested too deeply");
        const auto node = make(kind, mark);
        add(node);
        stack_.push_back({node, false, {}, {}});
    }

    std::string name_;
    YamlNodePtr root_;
    std::vector<Open> stack_;
};

}  // namespace

const YamlEntry* YamlNode::find(const std::string& key) const {
    for (const YamlEntry& entry : entries) {
        if (entry.key == key) return &entry;
    }
    return nullptr;
}

std::vector<std::string> YamlNode::keys() const {
    std::vector<std::string> names;
    for (const YamlEntry& entry : entries) names.push_back(entry.key);
    return names;
}

namespace {

// yaml-cpp passes over directives, and over whatever else begins with % at the top.
void refuse_directive(const std::string& text, const std::string& name) {
    std::istringstream lines(text);
    std::uint32_t number = 1;
    for (std::string line; std::getline(lines, line); ++number) {
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first == std::string::npos || line[first] == '#') continue;
        if (line[first] != '%') return;
        const YamlMark mark{name, number, static_cast<std::uint32_t>(first + 1)};
        throw UserError(mark.text() + ": a line that begins with % is no key; write KEY: VALUE");
    }
}

}  // namespace

YamlNodePtr parse_yaml(const std::string& text, const std::string& name) {
    refuse_directive(text, name);
    TreeBuilder builder(name);
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& e) {
        throw UserError(to_mark(e.mark, name).text() + ": not YAML: " + e.msg);
    }
    if (!builder.root()) throw UserError(YamlMark{name}.text() + ": the document is empty");
    return builder.root();
}

YamlNodePtr load_yaml(const std::string& path) {
    const YamlMark start{path};
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) throw UserError(start.text() + ": no such file");
    if (!std::filesystem::is_regular_file(status)) {
        throw UserError(start.text() + ": not a regular file");
    }
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (!error && size > kLargestFile) {
        throw UserError(start.text() + ": larger than 1 MiB; not a configuration file");
    }
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    if (!in || (size > 0 && !(text << in.rdbuf()))) {
        throw UserError(start.text() + ": cannot be read");
    }
    return parse_yaml(text.str(), path);
}

}  // namespace mambasic::models
