#include "sim/config_files.h"

#include <gtest/gtest.h>

#include "tests/models/user_error.h"
#include "tests/sim/config_folder.h"

namespace mambasic::sim {
namespace {

using models::user_error;
using models::YamlNodePtr;

std::string at(const YamlNodePtr& tree, const std::string& a, const std::string& b = "") {
    const YamlNodePtr value = tree->find(a)->value;
    return b.empty() ? value->scalar : value->find(b)->value->scalar;
}

TEST(ConfigFiles, AFileLiesOverWhatItExtends) {
    const ConfigFolder folder;
    folder.write("base.yaml", "a: 1\nm:\n  x: 1\n  y: 2\n");
    folder.write("mid.yaml", "extends: base.yaml\nm:\n  y: 3\n");
    const std::string top = folder.write("top.yaml", "extends: mid.yaml\na: 9\n");
    const YamlNodePtr tree = ConfigFiles(folder.text(), {}).load(top);
    EXPECT_EQ(at(tree, "a"), "9");
    EXPECT_EQ(at(tree, "m", "x"), "1");
    EXPECT_EQ(at(tree, "m", "y"), "3");
    EXPECT_EQ(tree->find("extends"), nullptr);
    // A value knows the file that wrote it.
    EXPECT_EQ(tree->find("a")->value->mark.text(), top + ":2:4");
    EXPECT_EQ(tree->find("m")->value->find("y")->value->mark.text(), folder / "mid.yaml:3:6");
    EXPECT_EQ(tree->find("m")->value->find("x")->value->mark.text(), folder / "base.yaml:3:6");
}

TEST(ConfigFiles, ACopyOfAChipExtendsWhatTheChipExtends) {
    const ConfigFolder folder;
    folder.write("hw/base.yaml", "a: 1\nb: 2\n");
    const std::string chip = "extends: ../base.yaml\nb: 3\n";
    const std::string copy = folder.write("mine/copies/copy.yaml", chip);
    const ConfigFiles files(folder / "hw", {});
    EXPECT_EQ(at(files.load(copy), "a"), "1");
    folder.write("mine/base.yaml", "a: 7\nb: 8\n");  // beside it, nearer
    EXPECT_EQ(at(files.load(copy), "a"), "7");
}

// Beside the file, in the folder of its kind, by the path from either; with and without ".yaml".
TEST(ConfigFiles, ChipsAndSchemesExtendByTheSameNames) {
    for (const std::string kind : {"chips", "schemes"}) {
        const ConfigFolder folder;
        folder.write("hw/base.yaml", "a: 1\n");
        folder.write("hw/" + kind + "/of-hw.yaml", "a: 2\n");
        folder.write("mine/of-mine.yaml", "a: 3\n");
        const ConfigFiles files(folder / "hw", {}, kind);
        const auto extended = [&](const std::string& name) {
            return at(files.load(folder.write("mine/m.yaml", "extends: " + name + "\n")), "a");
        };
        EXPECT_EQ(extended("of-hw"), "2");
        EXPECT_EQ(extended("of-hw.yaml"), "2");
        EXPECT_EQ(extended(kind + "/of-hw.yaml"), "2");
        EXPECT_EQ(extended("../" + kind + "/of-hw.yaml"), "2");
        EXPECT_EQ(extended("of-mine.yaml"), "3");
        EXPECT_EQ(extended("of-mine"), "3");
        const std::string beside = folder.write("hw/" + kind + "/b.yaml", "extends: of-hw.yaml\n");
        EXPECT_EQ(at(files.load(beside), "a"), "2");
    }
}

TEST(ConfigFiles, ReferencesBringAWholeMapping) {
    const ConfigFolder folder;
    folder.write("dram/a.yaml", "name: a\nonly_a: 1\n");
    folder.write("dram/b.yaml", "name: b\n");
    folder.write("base.yaml", "dram: dram/a.yaml\n");
    const ConfigFiles files(folder.text(), {"dram"});
    const std::string b =
        folder.write("chips/b.yaml", "extends: ../base.yaml\ndram: dram/b.yaml\n");
    EXPECT_EQ(at(files.load(b), "dram", "name"), "b");
    EXPECT_EQ(files.load(b)->find("dram")->value->find("only_a"), nullptr);  // replaced, not merged
    const std::string c = folder.write("chips/c.yaml", "extends: ../base.yaml\ndram:\n  name: c\n");
    EXPECT_EQ(at(files.load(c), "dram", "name"), "c");
    EXPECT_EQ(at(files.load(c), "dram", "only_a"), "1");  // written here: laid over
    const std::string d = folder.write("chips/d.yaml", "dram: dram/x.yaml\n");
    EXPECT_EQ(user_error([&] { files.load(d); }),
              d + ":1:7: no file 'dram/x.yaml' beside this one or in " + folder.text() +
                  ", did you mean 'dram/a.yaml'?");
    const auto set = [&](const std::string& value) {
        return user_error([&] { files.override_with(files.load(b), "dram=" + value); });
    };
    EXPECT_EQ(set("a"), "--set dram=a: no file 'a' in " + folder.text() +
                            ", did you mean 'dram/a.yaml'?");  // by its short name
    EXPECT_EQ(set("dram/of_mine.yaml"),
              "--set dram=dram/of_mine.yaml: no file 'dram/of_mine.yaml' in " + folder.text() +
                  "; valid are dram/a.yaml, dram/b.yaml");
}

TEST(ConfigFiles, CyclesAndMissingBasesAreRefused) {
    const ConfigFolder folder;
    const ConfigFiles files(folder.text(), {});
    const std::string self = folder.write("self.yaml", "extends: self.yaml\n");
    EXPECT_NE(user_error([&] { files.load(self); }).find("leads back to this file"),
              std::string::npos);
    const std::string a = folder.write("a.yaml", "extends: b.yaml\n");
    folder.write("b.yaml", "extends: ./a.yaml\n");
    EXPECT_EQ(user_error([&] { files.load(a); }).rfind(folder / "b.yaml:1:10:", 0), 0U);
    const std::string lost = folder.write("lost.yaml", "x: 1\nextends: slef.yaml\n");
    const std::string error = user_error([&] { files.load(lost); });
    EXPECT_EQ(error.rfind(lost + ":2:10: no file 'slef.yaml'", 0), 0U);
    EXPECT_NE(error.find("did you mean 'self.yaml'?"), std::string::npos);
    const std::string list = folder.write("list.yaml", "extends: [a, b]\n");
    EXPECT_NE(user_error([&] { files.load(list); }).find("must be one path"), std::string::npos);
    EXPECT_NE(user_error([&] { files.load(folder / "none.yaml"); }).find("no such file"),
              std::string::npos);
}

TEST(ConfigFiles, OverridesReplaceValuesThatExist) {
    const ConfigFiles files("", {});
    const YamlNodePtr tree = models::parse_yaml("a: 1\nm: {x: 1, y: 2}\n", "f.yaml");
    const YamlNodePtr changed = files.override_with(tree, "m.x=5");
    EXPECT_EQ(at(changed, "m", "x"), "5");
    EXPECT_EQ(at(changed, "m", "y"), "2");
    EXPECT_EQ(at(tree, "m", "x"), "1");  // the tree given is left as it was
    EXPECT_EQ(changed->find("m")->value->find("x")->value->mark.text(), "--set m.x=5");
    EXPECT_EQ(at(files.override_with(tree, "m={y: 7}"), "m", "y"), "7");
    EXPECT_EQ(at(files.override_with(tree, "m={y: 7}"), "m", "x"), "1");
    EXPECT_EQ(at(files.override_with(tree, "a=b=c"), "a"), "b=c");
}

TEST(ConfigFiles, OverridesOfNothingAreRefused) {
    const ConfigFiles files("", {});
    const YamlNodePtr tree = models::parse_yaml("a: 1\nmap: {xx: 1, yy: 2}\n", "f.yaml");
    const auto error = [&](const std::string& set) {
        return user_error([&] { files.override_with(tree, set); });
    };
    EXPECT_EQ(error("map.xy=5"), "--set map.xy=5: unknown key 'map.xy', did you mean 'map.xx'?");
    EXPECT_EQ(error("mop.xx=5"), "--set mop.xx=5: unknown key 'mop', did you mean 'map'?");
    EXPECT_NE(error("a.b=5").find("unknown key 'a.b'"), std::string::npos);
    EXPECT_EQ(error("yy=5"), "--set yy=5: unknown key 'yy', did you mean 'map.yy'?");
    EXPECT_EQ(error("x.y.long=5"), "--set x.y.long=5: unknown key 'x'; valid are a, map");
    const YamlNodePtr chip = models::parse_yaml("ssm: {exp_units: 1, lanes: 2}\nclock: 1\n", "f");
    EXPECT_EQ(user_error([&] { files.override_with(chip, "exp_units=3"); }),
              "--set exp_units=3: unknown key 'exp_units', did you mean 'ssm.exp_units'?");
    // A right name in the wrong place, not 'cod'; also of a key that a mapping could have.
    const YamlNodePtr nested = models::parse_yaml("cod: 1\nm: {p: {code: 1}, q: {n: 1}}\n", "f");
    EXPECT_EQ(user_error([&] { files.override_with(nested, "code=3"); }),
              "--set code=3: unknown key 'code', did you mean 'm.p.code'?");
    EXPECT_EQ(user_error([&] {
                  files.override_with(nested, "flags=3", {"code", {"flags"}});
              }),
              "--set flags=3: unknown key 'flags', did you mean 'm.p.flags'?");
    EXPECT_NE(error("a").find("write --set KEY=VALUE"), std::string::npos);
    EXPECT_NE(error("=1").find("write --set KEY=VALUE"), std::string::npos);
    EXPECT_NE(error("a=").find("is not YAML, or empty"), std::string::npos);
    EXPECT_NE(error("a=[1").find("is not YAML, or empty"), std::string::npos);
    EXPECT_NE(error(".=1").find("unknown key"), std::string::npos);
}

TEST(ConfigFiles, NamesAreFoundOrTheNearestIsNamed) {
    const ConfigFolder folder;
    folder.write("base.yaml", "a: 1\n");
    const std::string chip = folder.write("chips/mine.yaml", "a: 1\n");
    EXPECT_EQ(hw_config_folder(chip), folder.text());
    EXPECT_EQ(find_config(chip, "chips", "chip"), chip);
    const std::string named = find_config("edge-32x32", "chips", "chip");
    EXPECT_NE(named.find("chips/edge-32x32.yaml"), std::string::npos);
    const std::string error = user_error([] { find_config("edge-32x23", "chips", "chip"); });
    EXPECT_EQ(error.rfind("edge-32x23: no such chip file or name, did you mean 'edge-32x32'? "
                          "(searched ",
                          0),
              0U)
        << error;
    EXPECT_NE(error.find("hw_config/chips"), std::string::npos) << error;
    EXPECT_NE(user_error([&] {
                  find_config(folder / "chips/mime.yaml", "chips", "chip");
              }).find("did you mean 'mine'?"),
              std::string::npos);
}

}  // namespace
}  // namespace mambasic::sim
