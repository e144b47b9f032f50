// offramp_hw_campaign: the trust test by the thousand. Resumable: every batch that is done is one line of the
// state file. A failure is made small and kept as a tape, with the command that repeats it.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "verif/trust/campaign_state.h"

namespace {

using namespace offramp;
namespace fs = std::filesystem;

struct Settings {
  std::uint64_t seed = 1;
  std::uint64_t count = 300;
  std::uint64_t batch = 50;
  int effort = 60;
  trust::TrustOptions trust;
  std::string tape;
  std::string resume;
  std::string summary;
  std::string keep;
  bool show = false;
};

int examine_tape(const Settings& settings) {
  trust::Simulators simulators;
  std::optional<trust::Draws> tape;
  if (!settings.tape.empty()) tape = trust::parse_tape(read_file(settings.tape));
  const trust::Examined e =
      trust::examine(simulators, {{.seed = settings.seed, .tape = tape}}, settings.trust).front();
  std::cout << trust::report(e, settings.trust, settings.tape);
  return static_cast<int>(e.verdict.failure.empty() ? ExitStatus::done : ExitStatus::difference);
}

/// Makes it small, tells, and keeps the tape.
void tell(trust::Simulators& simulators, const trust::Examined& failing, const Settings& settings) {
  std::cout << fmt::format("FAILED seed {}: {}\n", failing.specimen.seed, failing.verdict.failure)
            << std::flush;
  const trust::Examined small = trust::smaller(simulators, failing, settings.trust, settings.effort);
  const fs::path folder = settings.keep.empty() ? fs::current_path() : fs::path(settings.keep);
  make_directory(folder);
  const fs::path tape = folder / fmt::format("seed_{}.tape", failing.specimen.seed);
  write_file(tape, trust::tape_text(*small.specimen.tape));
  const std::string text = trust::report(small, settings.trust, tape.string());
  write_file(folder / fmt::format("seed_{}.txt", failing.specimen.seed), text);
  std::cout << text << "\n" << std::flush;
}

int run(const Settings& settings) {
  if (settings.batch == 0) throw Error("--batch must be at least 1");
  trust::CampaignState state(settings.resume);
  trust::CampaignTotals totals;
  trust::Simulators simulators;
  for (std::uint64_t done = 0; done < settings.count; done += settings.batch) {
    check_interrupted();
    const std::uint64_t first = settings.seed + done;
    const std::uint64_t n = std::min(settings.batch, settings.count - done);
    if (const trust::CampaignTotals* known = state.find(first, n)) {
      totals.add(*known);
      continue;
    }
    std::vector<trust::Specimen> specimens;
    for (std::uint64_t i = 0; i < n; ++i) specimens.push_back({.seed = first + i, .tape = {}});
    trust::CampaignTotals batch;
    for (const trust::Examined& e : trust::examine(simulators, specimens, settings.trust)) {
      batch.add(e);
      if (!e.verdict.failure.empty()) tell(simulators, e, settings);
    }
    state.add(first, n, batch);
    totals.add(batch);
    if (::isatty(STDERR_FILENO) == 1)
      std::cerr << fmt::format("\r{} of {}, {} failed ", done + n, settings.count, totals.failures.size());
  }
  if (!settings.summary.empty())
    write_file(settings.summary, trust::summary(totals, settings.trust, settings.seed));
  std::cout << fmt::format("{} modules: {} alike, {} failed; {} bits after reset, {} of them unknown\n",
                           totals.modules, totals.passed, totals.failures.size(), totals.bits,
                           totals.unknown);
  return static_cast<int>(totals.failures.empty() ? ExitStatus::done : ExitStatus::difference);
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{"Compares what random modules mean to the interpreter, two simulators and a synthesis tool."};
  app.add_option("--seed", settings.seed, "seed of the first module");
  app.add_option("--count", settings.count, "how many modules");
  app.add_option("--batch", settings.batch, "modules that share one run of each tool");
  app.add_option("--cycles", settings.trust.cycles, "clock cycles a module");
  app.add_option("--tape", settings.tape, "examine the one module of this tape");
  app.add_flag("--show", settings.show, "examine the one module of the seed and print it");
  app.add_option("--resume", settings.resume,
                 "file that remembers finished batches, so that a run can go on");
  app.add_option("--summary", settings.summary, "markdown file with the numbers");
  app.add_option("--keep", settings.keep, "folder for the tapes and reports of failures (default: here)");
  const std::map<std::string, trust::Tool> names = {{"icarus", trust::Tool::icarus},
                                                    {"verilator", trust::Tool::verilator},
                                                    {"netlist", trust::Tool::netlist},
                                                    {"gates", trust::Tool::gates}};
  app.add_option("--tools", settings.trust.tools, "which of icarus, verilator, netlist, gates to ask")
      ->delimiter(',')
      ->transform(CLI::CheckedTransformer(names));
  app.add_option("--gates", settings.trust.gates, "modules of a batch that are also compared as gates");
  app.add_option("--effort", settings.effort, "how often tools are asked to make a failure small");
  CLI11_PARSE(app, argc, argv);
  try {
    const InterruptScope interrupt;
    return !settings.tape.empty() || settings.show ? examine_tape(settings) : run(settings);
  } catch (const Error& e) {
    std::cerr << "error: " << e.what() << "\n";
    return static_cast<int>(e.status());
  }
}
