// offramp_campaign: random networks through planning, emission and verification, by the thousand. Resumable:
// every case that is done is one line of the state file, and a failure prints the command that repeats it.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "golden/golden.h"
#include "model/estimate.h"
#include "verif/cycles.h"
#include "verif/random.h"
#include "verif/random_case.h"
#include "verif/sample_run.h"
#include "verif/verify.h"
#include "verif/verilated_build.h"

namespace {

using namespace offramp;
namespace fs = std::filesystem;

struct Settings {
  std::uint64_t first = 1;  // seed of the first network
  std::uint64_t networks = 100;
  std::size_t samples = 6;
  std::vector<std::string> strategies = {"static", "pipeline", "parallel"};
  std::vector<std::string> shapes = {"4x2x1", "3x1x2", "6x3x2", "8x4x1", "5x2x4", "1x1x1", "4x1x3"};
  std::string state;
  std::string summary;
  std::string keep;   // designs that fail are kept here
  std::string cache;  // of Verilator's runtime; models are used once and removed
  bool all = false;
};

accel::ArrayShape parse_shape(const std::string& text) {
  accel::ArrayShape shape;
  char x = 0;
  char y = 0;
  std::istringstream in(text);
  if (!(in >> shape.rows >> x >> shape.columns >> y >> shape.lanes) || x != 'x' || y != 'x' || !in.eof() ||
      shape.rows < 1 || shape.columns < 1 || shape.lanes < 1) {
    throw Error(fmt::format("'{}' is not an array shape; write rows x columns x lanes like 4x2x1", text));
  }
  return shape;
}

/// One design: a network, a strategy, an array.
struct Case {
  std::uint64_t network = 0;
  std::string strategy;
  std::string shape;
  [[nodiscard]] std::string key() const { return fmt::format("{} {} {}", network, strategy, shape); }
  [[nodiscard]] std::string reproduce(std::size_t samples) const {
    return fmt::format("offramp_campaign --first {} --networks 1 --strategies {} --shapes {} --samples {}",
                       network, strategy, shape, samples);
  }
};

enum class Outcome { passed, failed, refused };
const char* word(Outcome o) {
  return o == Outcome::passed ? "passed" : o == Outcome::failed ? "failed" : "refused";
}

struct CaseResult {
  Outcome outcome = Outcome::passed;
  std::string message;  // of a failure or refusal, in one line
  std::uint64_t values = 0;
  std::int64_t cycles = 0;
  int early = 0;   // samples that left before the last exit
  int layers = 0;  // whose cycles were compared with the model's
  int adds = 0;    // that ride on the output path
  bool streams = false;
};

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return text;
}

class WorkDirectory {
 public:
  WorkDirectory() {
    std::string name = (fs::temp_directory_path() / "offramp-campaign-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw Error("cannot make a temporary directory");
    path_ = name;
  }
  ~WorkDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// The cycle model for every set of branches that a sample has skipped.
class CyclesOfSamples {
 public:
  CyclesOfSamples(const accel::Accelerator& accelerator, const net::Split& data) : accelerator_(accelerator) {
    traces_ = golden::FastGolden(accelerator.network).decide(data.pixels.data(), data.size());
  }
  [[nodiscard]] std::int64_t at(std::size_t image, int exit) {
    std::set<int> skipped;
    for (int e = 0; accelerator_.options.prune && e < exit; ++e) {
      if (traces_[image].decisions[static_cast<std::size_t>(e)].skipped) skipped.insert(e);
    }
    const auto [found, fresh] = by_skipped_.try_emplace(skipped);
    if (fresh) found->second = model::estimate(accelerator_, skipped).cycles_by_exit;
    return found->second[static_cast<std::size_t>(exit)];
  }

 private:
  const accel::Accelerator& accelerator_;
  std::vector<golden::Trace> traces_;
  std::map<std::set<int>, std::vector<std::int64_t>> by_skipped_;
};

/// The first sample whose cycles are not those of the cycle model, or nothing. Where images come in more
/// slowly than they are worked on, it is the stream that sets the pace and not what is modelled.
std::string wrong_cycles(const accel::Accelerator& accelerator, const net::Split& data,
                         const verif::VerifyResult& v) {
  CyclesOfSamples model(accelerator, data);
  const std::int64_t beats = accelerator.network.tensors.front().shape.elements() / accelerator.stream_bytes;
  // What the loader needs to change images, at most.
  constexpr std::int64_t kMargin = 16;
  for (std::size_t n = 1; n < v.cycles.size(); ++n) {
    const std::int64_t modelled = model.at(v.images[n], v.exit[n]);
    const std::int64_t before = model.at(v.images[n - 1], v.exit[n - 1]);
    // While the image before is worked on, this one's comes in, but not before its place is free.
    if (std::min(modelled, before) < 2 * beats + kMargin || v.cycles[n] == modelled) continue;
    return fmt::format("sample {}: {} cycles, the model says {}", v.images[n], v.cycles[n], modelled);
  }
  return {};
}

/// The first layer whose cycles are not those of the cycle model, or nothing; counts those that are.
std::string wrong_layer(const verif::LayerCycleCounter& counter, const model::Estimate& estimate,
                        int& compared) {
  std::map<std::string, std::int64_t> seen;
  for (const auto& sample : counter.samples()) {
    for (const auto& measured : sample.layers) {
      const auto modelled = std::find_if(estimate.layers.begin(), estimate.layers.end(), [&](const auto& l) {
        return l.engine == measured.engine && l.layer == measured.layer;
      });
      if (modelled == estimate.layers.end() || modelled->cycles != measured.cycles) {
        return fmt::format("{} {}: {} cycles, the model says {}", measured.engine, measured.layer,
                           measured.cycles, modelled == estimate.layers.end() ? -1 : modelled->cycles);
      }
      seen[measured.engine + " " + measured.layer] = measured.cycles;
    }
  }
  compared = static_cast<int>(seen.size());
  return {};
}

/// Runs the samples once more with a counter beside them; the model is in the cache.
std::string wrong_layer_cycles(const accel::Accelerator& accelerator, const accel::Emitted& emitted,
                               const fs::path& design, const net::Split& data, const verif::VerifyResult& v,
                               const fs::path& cache, const model::Estimate& estimate, int& compared) {
  const verif::ModelSources sources{
      .directory = design, .verilog = emitted.rtl, .top = emitted.top, .probes = emitted.probes};
  const verif::BuiltModel built = verif::build_model(
      sources, {.favour = verif::ModelOptions::Favour::build, .random_start = true, .cache = cache});
  verif::VerilatedModel model(built, sources, {.directory = design, .random = true});
  verif::LayerCycleCounter counter(model, accelerator);
  const verif::RunResult run = verif::run_samples(
      model, accelerator, data, {.images = v.images, .stalls = false, .watchers = {&counter}});
  if (run.mismatch) {
    return fmt::format("repeated from another random start, sample {}: {} at {}: expected {}, got {}",
                       run.mismatch->sample, run.mismatch->layer, run.mismatch->position,
                       run.mismatch->expected, run.mismatch->got);
  }
  return wrong_layer(counter, estimate, compared);
}

/// Verifies a design that was written to `design`.
CaseResult run_design(const Case& c, const verif::RandomCase& random, const accel::Accelerator& accelerator,
                      const accel::Emitted& emitted, const fs::path& design, const Settings& settings) {
  const fs::path cache = settings.cache;
  const verif::VerifyResult v = verif::verify(accelerator, emitted, design, random.data,
                                              {.samples = settings.samples,
                                               .seed = c.network,
                                               .model_cache = cache,
                                               .quick_build = true,
                                               .random_start = true});
  CaseResult result;
  result.values = v.values_compared;
  result.streams = accelerator.engines.front().beat_bits > 0;
  for (const accel::LayerPlan& l : accelerator.engines.front().layers)
    result.adds += l.fused_add >= 0 ? 1 : 0;
  for (const std::int64_t cycles : v.cycles) result.cycles += cycles;
  for (const int e : v.exit) result.early += e + 1 < static_cast<int>(random.network.exits.size()) ? 1 : 0;
  if (v.first_mismatch) {
    const verif::Mismatch& m = *v.first_mismatch;
    result.outcome = Outcome::failed;
    result.message = one_line(fmt::format("sample {}: {} at {}: expected {}, got {}", m.sample, m.layer,
                                          m.position, m.expected, m.got));
    return result;
  }
  // Weights that stream take the time that the memory lets them.
  if (result.streams) return result;
  const model::Estimate estimate = model::estimate(accelerator);
  std::string wrong = wrong_cycles(accelerator, random.data, v);
  // A layer behind a branch that some samples skip has no one number of cycles.
  if (wrong.empty() && !quant::has_skip_rules(accelerator.network)) {
    wrong = wrong_layer_cycles(accelerator, emitted, design, random.data, v, cache, estimate, result.layers);
  }
  if (!wrong.empty()) {
    result.outcome = Outcome::failed;
    result.message = one_line(wrong);
  }
  return result;
}

/// Models are used once.
void remove_models(const fs::path& cache, const std::string& top) {
  if (!fs::exists(cache)) return;
  std::vector<fs::path> used;
  for (const auto& entry : fs::directory_iterator(cache)) {
    if (entry.path().filename().string().starts_with(top + "-")) used.push_back(entry.path());
  }
  for (const fs::path& model : used) fs::remove(model);
}

CaseResult run_case(const Case& c, const Settings& settings, const WorkDirectory& work) {
  verif::RandomCase random;
  accel::Accelerator accelerator;
  accel::Emitted emitted;
  try {
    random = verif::random_case(c.network, accel::strategy_from(c.strategy), parse_shape(c.shape),
                                settings.samples);
    accelerator = accel::plan_accelerator(random.network, random.options);
    emitted = accel::emit(accelerator);
  } catch (const Error& e) {
    return {.outcome = Outcome::refused, .message = one_line(e.what())};
  } catch (const std::exception& e) {
    return {.outcome = Outcome::failed,
            .message = one_line(std::string("planning or emission: ") + e.what())};
  }

  const fs::path design = work.path() / "design";
  fs::remove_all(design);
  for (const auto& [name, text] : emitted.files) {
    fs::create_directories((design / name).parent_path());
    std::ofstream(design / name) << text;
  }
  CaseResult result;
  try {
    result = run_design(c, random, accelerator, emitted, design, settings);
  } catch (const Error& e) {
    if (e.status() == ExitStatus::missing_tool) throw;
    check_interrupted();
    result = {.outcome = Outcome::failed, .message = one_line(e.what())};
  }
  remove_models(settings.cache, emitted.top);
  if (result.outcome == Outcome::failed && !settings.keep.empty()) {
    const fs::path kept = fs::path(settings.keep) / fmt::format("{}_{}_{}", c.network, c.strategy, c.shape);
    fs::remove_all(kept);
    fs::create_directories(kept.parent_path());
    fs::copy(design, kept, fs::copy_options::recursive);
  }
  return result;
}

/// The state file: one line a case, "key<tab>outcome<tab>values<tab>cycles<tab>early<tab>layers<tab>
/// adds<tab>streams<tab>message". A line that was cut off by a crash is not a case that is done.
class State {
 public:
  explicit State(const std::string& file) : file_(file) {
    if (file_.empty() || !fs::exists(file_)) return;
    std::string text = read_file(file_);
    text.resize(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
    write_file(file_, text);
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      std::vector<std::string> field;
      std::istringstream fields(line);
      for (std::string f; std::getline(fields, f, '\t');) field.push_back(f);
      if (field.size() < 8) throw Error(fmt::format("{}: not a campaign's state: '{}'", file_, line));
      CaseResult r;
      r.outcome = field[1] == "passed"   ? Outcome::passed
                  : field[1] == "failed" ? Outcome::failed
                                         : Outcome::refused;
      r.values = std::stoull(field[2]);
      r.cycles = std::stoll(field[3]);
      r.early = std::stoi(field[4]);
      r.layers = std::stoi(field[5]);
      r.adds = std::stoi(field[6]);
      r.streams = field[7] == "1";
      if (field.size() > 8) r.message = field[8];
      done_[field[0]] = r;
    }
  }
  [[nodiscard]] const CaseResult* find(const Case& c) const {
    const auto found = done_.find(c.key());
    return found == done_.end() ? nullptr : &found->second;
  }
  void add(const Case& c, const CaseResult& r) {
    done_[c.key()] = r;
    if (file_.empty()) return;
    std::ofstream out(file_, std::ios::app);
    out << fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", c.key(), word(r.outcome), r.values, r.cycles,
                       r.early, r.layers, r.adds, r.streams ? 1 : 0, r.message);
    out.flush();
    if (!out) throw Error(fmt::format("cannot write the campaign's state to '{}'", file_));
  }

 private:
  std::string file_;
  std::map<std::string, CaseResult> done_;
};

std::vector<Case> cases_of(const Settings& settings) {
  std::vector<Case> cases;
  for (std::uint64_t n = settings.first; n < settings.first + settings.networks; ++n) {
    verif::Random random(verif::mix_seed(n, 3));
    const std::string& one_shape = settings.shapes[random.below(settings.shapes.size())];
    const std::string& one_strategy = settings.strategies[random.below(settings.strategies.size())];
    for (const std::string& strategy : settings.strategies) {
      for (const std::string& shape : settings.shapes) {
        if (settings.all || (shape == one_shape && strategy == one_strategy))
          cases.push_back({.network = n, .strategy = strategy, .shape = shape});
      }
    }
  }
  return cases;
}

struct Totals {
  std::map<Outcome, std::size_t> count;
  std::map<std::string, std::map<Outcome, std::size_t>> by_strategy;
  std::uint64_t values = 0;
  std::int64_t cycles = 0;
  std::int64_t early = 0;
  std::int64_t layers = 0;
  std::int64_t adds = 0;
  std::int64_t streams = 0;
  std::vector<std::string> failures;
  std::map<std::string, std::size_t> refusals;
};

std::string summary(const Totals& t, const Settings& settings) {
  auto count = [](const std::map<Outcome, std::size_t>& m, Outcome o) { return m.contains(o) ? m.at(o) : 0; };
  std::string text = "# Campaign of random networks\n\n";
  text += fmt::format(
      "Networks {} to {}, {} samples each, in two runs: with random back-pressure and without. Designs start "
      "with random bits in what has no reset; cycles must be those of the model, sample by sample and layer "
      "by "
      "layer, except where weights stream.\n\n",
      settings.first, settings.first + settings.networks - 1, settings.samples);
  text += "| strategy | bit-exact | different | refused |\n|---|---|---|---|\n";
  for (const auto& [strategy, m] : t.by_strategy) {
    text += fmt::format("| {} | {} | {} | {} |\n", strategy, count(m, Outcome::passed),
                        count(m, Outcome::failed), count(m, Outcome::refused));
  }
  text += fmt::format(
      "\nValues compared: {}. Cycles simulated without stalls: {}. Samples that left early: {}. Layers whose "
      "cycles "
      "were compared: {}. Additions on the output path: {}. Designs whose weights stream: {}.\n",
      t.values, t.cycles, t.early, t.layers, t.adds, t.streams);
  if (!t.failures.empty()) text += "\n## Different\n\n";
  for (const std::string& f : t.failures) text += "- " + f + "\n";
  if (!t.refusals.empty()) text += "\n## Refused\n\n";
  for (const auto& [message, n] : t.refusals) text += fmt::format("- {} x: {}\n", n, message);
  return text;
}

int run(const Settings& settings) {
  for (const std::string& shape : settings.shapes) (void)parse_shape(shape);
  for (const std::string& strategy : settings.strategies) (void)accel::strategy_from(strategy);
  State state(settings.state);
  const WorkDirectory work;
  Totals totals;
  const std::vector<Case> cases = cases_of(settings);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    check_interrupted();
    const Case& c = cases[i];
    const CaseResult* known = state.find(c);
    const CaseResult result = known != nullptr ? *known : run_case(c, settings, work);
    if (known == nullptr) state.add(c, result);
    ++totals.count[result.outcome];
    ++totals.by_strategy[c.strategy][result.outcome];
    totals.values += result.values;
    totals.cycles += result.cycles;
    totals.early += result.early;
    totals.layers += result.layers;
    totals.adds += result.adds;
    totals.streams += result.streams ? 1 : 0;
    if (result.outcome == Outcome::refused) ++totals.refusals[result.message];
    if (result.outcome == Outcome::failed) {
      totals.failures.push_back(
          fmt::format("{}; reproduce: `{}`", result.message, c.reproduce(settings.samples)));
      std::cout << "FAILED " << c.key() << ": " << result.message << "\n  " << c.reproduce(settings.samples)
                << "\n";
    }
    if (::isatty(STDERR_FILENO) == 1) {
      std::cerr << fmt::format("\r{} of {}, {} different ", i + 1, cases.size(),
                               totals.count[Outcome::failed]);
    }
  }
  if (!settings.summary.empty()) write_file(settings.summary, summary(totals, settings));
  std::cout << fmt::format(
      "{} designs: {} bit-exact, {} different, {} refused; {} values and {} layers' cycles compared, {} "
      "samples left "
      "early, {} additions on the output path, {} designs stream\n",
      cases.size(), totals.count[Outcome::passed], totals.count[Outcome::failed],
      totals.count[Outcome::refused], totals.values, totals.layers, totals.early, totals.adds,
      totals.streams);
  return static_cast<int>(totals.count[Outcome::failed] == 0 ? ExitStatus::done : ExitStatus::difference);
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{"Verifies designs of random networks against the golden reference."};
  app.add_option("--first", settings.first, "seed of the first network");
  app.add_option("--networks", settings.networks, "how many networks");
  app.add_option("--samples", settings.samples, "random images a design");
  app.add_option("--strategies", settings.strategies, "exit strategies; each network gets one of them")
      ->delimiter(',');
  app.add_option("--shapes", settings.shapes,
                 "array shapes, rows x columns x lanes; each network gets one of them")
      ->delimiter(',');
  app.add_flag("--all", settings.all, "every network with every strategy and shape");
  app.add_option("--state", settings.state, "file that remembers finished cases, so that a run can go on");
  app.add_option("--summary", settings.summary, "markdown file with the outcome");
  app.add_option("--keep", settings.keep, "folder for the designs that fail, with their waves");
  app.add_option("--cache", settings.cache, "where Verilator's compiled runtime is kept");
  CLI11_PARSE(app, argc, argv);
  try {
    if (settings.cache.empty()) settings.cache = (verif::default_model_cache() / "campaign").string();
    const InterruptScope interrupt;
    return run(settings);
  } catch (const Error& e) {
    std::cerr << "error: " << e.what() << "\n";
    return static_cast<int>(e.status());
  }
}
