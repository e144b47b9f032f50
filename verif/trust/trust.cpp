#include "verif/trust/trust.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "verif/trust/shrink.h"

namespace offramp::trust {

namespace {

std::size_t unknown_bits(const Bits& bits) {
  return static_cast<std::size_t>(std::count(bits.begin(), bits.end(), 'x'));
}

/// Every bit that the interpreter knows is the same.
bool agrees(const Bits& expected, const Bits& got) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] != 'x' && expected[i] != got[i]) return false;
  }
  return true;
}

void compare_one(const Job& job, const Simulation& reference, Tool tool, const Simulation& s, Verdict& v) {
  if (!v.failure.empty()) return;
  if (!s.error.empty()) {
    v.failure = std::string(name_of(tool)) + " refuses";
    v.message = s.error;
    return;
  }
  if (tool != Tool::verilator && job.reads_undefined) return;
  const std::vector<Port> out = outputs(job);
  for (std::size_t c = 0; c < reference.values.size(); ++c) {
    for (std::size_t p = 0; p < out.size(); ++p) {
      const Bits& expected = reference.values[c][p];
      const Bits& got = s.values[c][p];
      if (!agrees(expected, got)) {
        v.failure = std::string(name_of(tool)) + " differs";
        v.difference =
            Difference{.tool = tool, .cycle = c, .output = out[p].name, .expected = expected, .got = got};
        return;
      }
      v.compared[tool] += expected.size() - unknown_bits(expected);
    }
  }
}

/// The module of a specimen, or why there is none.
struct Made {
  RandomModule module;
  Draws tape;
  std::string failure;
  std::string message;
};

Made make(const Specimen& specimen, const std::string& name) {
  Made made;
  Tape tape = specimen.tape ? Tape(*specimen.tape) : Tape(specimen.seed);
  try {
    made.module = random_module(tape, name);
    for (const auto& d : hw::check(*made.module.design)) {
      if (d.severity != hw::Severity::error) continue;
      if (made.failure.empty()) made.failure = "check refuses, " + d.id;
      made.message += d.render() + "\n";
    }
  } catch (const std::exception& e) {
    made.failure = "building throws";
    made.message = e.what();
  }
  made.tape = tape.draws();
  return made;
}

}  // namespace

std::vector<Verdict> compare(Simulators& simulators, const std::vector<Job>& jobs,
                             const TrustOptions& options) {
  std::vector<Verdict> verdicts(jobs.size());
  const std::vector<Simulation> reference = simulators.run(Tool::interpreter, jobs);
  std::vector<Job> good;
  std::vector<std::size_t> index;
  for (std::size_t k = 0; k < jobs.size(); ++k) {
    Verdict& v = verdicts[k];
    if (!reference[k].error.empty()) {
      v.failure = "interpreter refuses";
      v.message = reference[k].error;
      continue;
    }
    for (std::size_t c = kResetCycles; c < reference[k].values.size(); ++c) {
      for (const Bits& b : reference[k].values[c]) {
        v.bits += b.size();
        v.unknown += unknown_bits(b);
      }
    }
    good.push_back(jobs[k]);
    index.push_back(k);
  }
  for (const Tool tool : options.tools) {
    const std::size_t n = tool == Tool::gates ? std::min(options.gates, good.size()) : good.size();
    const std::vector<Simulation> results =
        simulators.run(tool, {good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)});
    for (std::size_t i = 0; i < n; ++i)
      compare_one(good[i], reference[index[i]], tool, results[i], verdicts[index[i]]);
  }
  return verdicts;
}

std::vector<Examined> examine(Simulators& simulators, const std::vector<Specimen>& specimens,
                              const TrustOptions& options) {
  std::vector<Examined> results(specimens.size());
  std::vector<Made> made;
  std::vector<Job> jobs;
  std::vector<std::size_t> index;
  for (std::size_t k = 0; k < specimens.size(); ++k) {
    made.push_back(make(specimens[k], "dut_" + std::to_string(k)));
    Made& m = made.back();
    results[k].specimen = {.seed = specimens[k].seed, .tape = m.tape};
    results[k].verdict.failure = m.failure;
    results[k].verdict.message = m.message;
    if (!m.failure.empty()) continue;
    results[k].covered = coverage(*m.module.design);
    Job job{.design = m.module.design.get(), .module = m.module.top, .parameters = m.module.parameters};
    job.reads_undefined = m.module.reads_undefined;
    const std::uint64_t seed = specimens[k].seed;
    job.stimulus = random_stimulus(job, verif::mix_seed(seed, 1), options.cycles, seed % 4 == 0);
    jobs.push_back(std::move(job));
    index.push_back(k);
  }
  std::vector<Verdict> verdicts = compare(simulators, jobs, options);
  for (std::size_t i = 0; i < jobs.size(); ++i) results[index[i]].verdict = std::move(verdicts[i]);
  return results;
}

Examined smaller(Simulators& simulators, const Examined& failing, const TrustOptions& options, int effort) {
  TrustOptions narrow = options;
  // The tool that fails is enough, and the others take longer.
  std::erase_if(narrow.tools, [&](Tool t) { return !failing.verdict.failure.starts_with(name_of(t)); });
  Examined best = failing;
  narrow.gates = std::numeric_limits<std::size_t>::max();
  const auto still_fails = [&](const std::vector<Draws>& tapes) {
    std::vector<Specimen> specimens;
    for (const Draws& t : tapes) specimens.push_back({.seed = failing.specimen.seed, .tape = t});
    const std::vector<Examined> results = examine(simulators, specimens, narrow);
    std::vector<bool> fails;
    bool first = true;
    for (const Examined& e : results) {
      fails.push_back(e.verdict.failure == failing.verdict.failure);
      if (fails.back() && first) {
        best = e;
        first = false;
      }
    }
    return fails;
  };
  (void)shrink(*failing.specimen.tape, still_fails, {.group = 16, .groups = effort});
  return best;
}

std::string report(const Examined& failing, const TrustOptions& options, const std::string& tape_file) {
  const Verdict& v = failing.verdict;
  std::string text = fmt::format("seed {}: {}\n", failing.specimen.seed, v.failure);
  if (!v.message.empty()) text += v.message + "\n";
  if (v.difference) {
    const Difference& d = *v.difference;
    text += fmt::format("cycle {}, output '{}': expected {}, got {} from {}\n", d.cycle, d.output, d.expected,
                        d.got, name_of(d.tool));
  }
  const Made made = make(failing.specimen, "dut_0");
  for (const auto& [name, value] : made.module.parameters)
    text += fmt::format("parameter {} = {}\n", name, value);
  if (made.module.design != nullptr && made.module.top != nullptr) {
    try {
      Job job{.design = made.module.design.get(),
              .module = made.module.top,
              .parameters = made.module.parameters};
      const auto stimulus = random_stimulus(job, verif::mix_seed(failing.specimen.seed, 1), options.cycles,
                                            failing.specimen.seed % 4 == 0);
      if (v.difference) {
        const auto in = inputs(job);
        for (std::size_t p = 0; p < in.size(); ++p)
          text += fmt::format("  {} = {}\n", in[p].name, stimulus[v.difference->cycle][p]);
      }
      for (const hw::Module* m : made.module.design->modules()) text += "\n" + hw::print_verilog(*m);
    } catch (const std::exception& e) {
      text += fmt::format("(it cannot be printed: {})\n", e.what());
    }
  }
  return text + fmt::format("\nrepeat it with: offramp_hw_campaign --seed {} --tape {}\n",
                            failing.specimen.seed, tape_file);
}

}  // namespace offramp::trust
